// How the errors of Lotmark's rooms become HTTP responses.
#pragma once

#include "base/result.h"
#include "http/server.h"

namespace lotmark::api {

// `{"error": {"code", "message", "hint"?}}` with the status that fits. `refused_status` is the meaning of kRefused
// where it happened: 400 for a malformed request, 422 for an image that cannot be used. Machine failures are answered
// without their text: it may name paths of the host, and the caller cannot mend them.
http::Response ErrorResponseFor(const Error& error, int refused_status);

}  // namespace lotmark::api
