// multipart/form-data (RFC 7578) from hostile clients: one pass, bounded, bodies not copied.
//
// Stricter than the RFC where two readers could see two forms: nothing before the first boundary or after the last, no
// field twice, no transfer encoding, no line that begins like a boundary but is none.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace lotmark::http {

struct Part {
  std::string name;          // of the form field; UTF-8, no control characters
  std::string filename;      // "" when absent; never used as a path
  std::string content_type;  // "" when absent
  std::string_view body;     // borrows the request's body
};

struct MultipartLimits {
  size_t max_parts = 16;
  size_t max_part_header_bytes = 4096;
};

// `content_type` is the request's header. kRefused: no or bad boundary, no closing boundary, a part without a name, a
// field twice; kTooLarge: over a limit.
Result<std::vector<Part>> ParseMultipart(std::string_view content_type, std::string_view body,
                                         const MultipartLimits& limits = {});

}  // namespace lotmark::http
