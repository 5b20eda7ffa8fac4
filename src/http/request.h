// A request as a handler sees it: whole, within the limits, its target decoded and checked.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace lotmark::http {

using Headers = std::vector<std::pair<std::string, std::string>>;

struct Request {
  std::string method;  // "GET"; not limited to the methods that we know
  std::string target;  // as sent: path and query
  std::string path;    // percent-decoded exactly once, UTF-8; dot segments, NUL and the like never get here (target.h)
  std::string query;   // after '?', undecoded
  Headers headers;     // names in lower case; fields of a chunked body's trailer are dropped
  std::string body;
  std::string client;  // "127.0.0.1:51234"

  // The first header of this (lower-case) name, or "".
  std::string_view header(std::string_view name) const;
};

}  // namespace lotmark::http
