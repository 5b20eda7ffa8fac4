// How the errors of Lotmark's rooms become HTTP responses.
#pragma once

#include "base/result.h"
#include "http/server.h"

namespace lotmark::api {

// What kRefused and kTooLarge mean depends on what was looked at.
enum class Looked {
  kAtRequest,  // 400: the request is malformed
  kAtImage,    // 422: the image cannot be used
  kAtStore,    // 500: what lies in volume or database is damaged; the caller is not to blame
};

// `{"error": {"code", "message", "hint"?}}` with the status that fits. Failures of this side are answered without their
// text: it may name paths of the host, and the caller cannot mend them.
http::Response ErrorResponseFor(const Error& error, Looked looked);

}  // namespace lotmark::api
