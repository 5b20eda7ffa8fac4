// The response that a handler gives, and the one form of every error.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "http/body_source.h"
#include "http/request.h"

namespace lotmark::http {

struct Response {
  int status = 200;
  std::string content_type = "application/json";
  // Besides content type, length, date, server and connection, which are the server's. `Cache-Control: no-store` and
  // `X-Content-Type-Options: nosniff` are added where they are not set here.
  Headers headers;
  std::string body;
  // Sent in place of `body` where it is set. At most Limits::max_streams at a time; more: 503.
  std::shared_ptr<BodySource> stream = {};

  uint64_t body_size() const { return stream ? stream->size() : body.size(); }
};

// {"error":{"code":…,"message":…}}, as every client of Lotmark gets it.
// REQUIRES: outside text in `message` went through Printable().
Response ErrorResponse(int status, std::string_view code, std::string_view message);

}  // namespace lotmark::http
