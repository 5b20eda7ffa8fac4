// The request target (RFC 9112 section 3.2), decoded exactly once and checked in one place.
//
// Why strict: a path that means one thing to a proxy or a log and another to a handler is how "..", %2e%2e, %252e,
// backslashes and NUL get past checks. What is unusual and never needed by our paths is refused, not normalised.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace lotmark::http {

struct Target {
  std::string path;   // begins with '/', or is "*" (OPTIONS)
  std::string query;  // after '?', undecoded
};

// Takes `/path?query`, `http://host/path?query` and `*`. kRefused: another form, a bad escape, a dot segment, an
// escaped '/', a backslash, a control character, bytes that are not UTF-8 after decoding, or a fragment.
Result<Target> ParseTarget(std::string_view text);

}  // namespace lotmark::http
