// Reads the three ways of sending an image to POST /classify (doc/http-api.md).
#pragma once

#include "base/result.h"
#include "http/server.h"
#include "serve/classify_service.h"

namespace lotmark::api {

// - `multipart/form-data` with the file field `image` and optional text fields;
// - `application/json` with `image` in base64 and optional members (null = left out);
// - `image/jpeg` or `image/png`: the body is the image, the optional fields are query parameters `id` and `source`.
// kRefused names the field and says why; kTooLarge: too many parts. A field that is not known, or a query where none
// belongs, is refused rather than dropped.
// Error text never repeats a reference, nor what a body holds: it is personal health data.
Result<serve::ClassifyRequest> ReadClassifyRequest(http::Request request);

}  // namespace lotmark::api
