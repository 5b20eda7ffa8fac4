// multipart/form-data: parts lie inside the body, once each, and no more than the limit. The input is the value of the
// content type, a line feed, and the body.
#include <functional>
#include <set>

#include "fuzz.h"
#include "http/multipart.h"

namespace lotmark::fuzz {
namespace {

void Check(std::string_view content_type, std::string_view body) {
  const http::MultipartLimits limits{.max_parts = 4, .max_part_header_bytes = 256};
  const auto parts = http::ParseMultipart(content_type, body, limits);
  if (!parts) return Require(!parts.error().text.empty(), "a refusal says why");
  Require(parts->size() <= limits.max_parts, "max_parts holds");
  const char* last = body.data();
  std::set<std::string> names;
  for (const auto& part : *parts) {
    const char* end = part.body.data() + part.body.size();
    Require(part.body.data() >= last && end <= body.data() + body.size(), "parts lie in order inside the body");
    Require(!part.name.empty() && names.insert(part.name).second, "every part has a name of its own");
    last = end;
  }
}

}  // namespace
}  // namespace lotmark::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text = lotmark::AsText({data, size});
  const size_t line = std::min(text.find('\n'), text.size());
  lotmark::fuzz::Check(text.substr(0, line), text.substr(std::min(line + 1, text.size())));
  return 0;
}
