#include "http/response.h"

#include "base/json.h"

namespace lotmark::http {

Response ErrorResponse(int status, std::string_view code, std::string_view message) {
  Json body;
  body["error"]["code"] = code;
  body["error"]["message"] = message;
  return {.status = status, .content_type = "application/json", .headers = {}, .body = DumpJson(body)};
}

}  // namespace lotmark::http
