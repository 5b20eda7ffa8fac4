// The strict JSON reader: what it takes it writes back as JSON that means the same, within its limits.
#include "base/json.h"
#include "fuzz.h"

namespace lotmark::fuzz {
namespace {

constexpr JsonLimits kLimits{.max_bytes = 4096, .max_depth = 8, .max_values = 100};

size_t DepthOf(const Json& value) {
  size_t deepest = 0;
  if (!value.is_structured()) return 0;
  for (const Json& inner : value) deepest = std::max(deepest, DepthOf(inner));
  return deepest + 1;
}

size_t CountOf(const Json& value) {
  size_t count = value.size();
  if (!value.is_structured()) return 0;
  for (const Json& inner : value) count += CountOf(inner);
  return count;
}

void Check(std::string_view text) {
  const auto parsed = ParseJson(text, kLimits);
  if (!parsed) return Require(!parsed.error().text.empty(), "a refusal says why");
  Require(text.size() <= kLimits.max_bytes, "max_bytes holds");
  Require(DepthOf(*parsed) <= kLimits.max_depth, "max_depth holds");
  Require(CountOf(*parsed) <= kLimits.max_values, "max_values holds");
  const std::string written = DumpJson(*parsed);
  const auto again = ParseJson(written);
  Require(again.has_value(), "what was read is written as JSON");
  Require(*again == *parsed && DumpJson(*again) == written, "what was written means the same");
}

}  // namespace
}  // namespace lotmark::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  lotmark::fuzz::Check(lotmark::AsText({data, size}));
  return 0;
}
