// The response that a handler gives, and the one form of every error.
#pragma once

#include <string>
#include <string_view>

#include "http/request.h"

namespace lotmark::http {

struct Response {
  int status = 200;
  std::string content_type = "application/json";
  // Besides content type, length, date, server and connection, which are the server's. `Cache-Control: no-store` and
  // `X-Content-Type-Options: nosniff` are added where they are not set here.
  Headers headers;
  std::string body;
};

// {"error":{"code":…,"message":…}}, as every client of Lotmark gets it.
// REQUIRES: outside text in `message` went through Printable().
Response ErrorResponse(int status, std::string_view code, std::string_view message);

}  // namespace lotmark::http
