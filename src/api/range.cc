#include "api/range.h"

#include <algorithm>
#include <limits>

#include "http/header_value.h"

namespace lotmark::api {
namespace {

constexpr std::string_view kUnit = "bytes=";

// Nothing when it is not one or more digits. What is too large for the type is larger than any file too.
std::optional<uint64_t> ParseDigits(std::string_view text) {
  constexpr uint64_t kMost = std::numeric_limits<uint64_t>::max();
  if (text.empty()) return std::nullopt;
  uint64_t value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    const auto digit = static_cast<uint64_t>(c - '0');
    value = value > (kMost - digit) / 10 ? kMost : value * 10 + digit;
  }
  return value;
}

Slice Part(uint64_t offset, uint64_t size) { return {.kind = Slice::Kind::kPart, .offset = offset, .size = size}; }

Slice LastBytes(uint64_t count, uint64_t total) {
  if (count == 0 || total == 0) return {.kind = Slice::Kind::kUnsatisfiable};
  const uint64_t size = std::min(count, total);
  return Part(total - size, size);
}

}  // namespace

Slice ChooseSlice(std::string_view range, uint64_t total) {
  const Slice whole{.kind = Slice::Kind::kWhole, .offset = 0, .size = total};
  if (http::LowerCase(range.substr(0, kUnit.size())) != kUnit) return whole;
  const std::string_view spec = http::Trimmed(range.substr(kUnit.size()));
  const size_t dash = spec.find('-');
  if (dash == std::string_view::npos) return whole;

  const std::string_view last_text = spec.substr(dash + 1);
  const auto last = ParseDigits(last_text);
  if (!last && !last_text.empty()) return whole;
  if (dash == 0) return last ? LastBytes(*last, total) : whole;
  const auto first = ParseDigits(spec.substr(0, dash));
  if (!first || (last && *last < *first)) return whole;
  if (*first >= total) return {.kind = Slice::Kind::kUnsatisfiable};
  const uint64_t end = last && *last < total ? *last + 1 : total;
  return Part(*first, end - *first);
}

bool NamesEtag(std::string_view header, std::string_view etag, Comparison comparison) {
  std::string_view rest = http::Trimmed(header);
  if (rest == "*") return true;
  while (!rest.empty()) {
    const bool weak = rest.starts_with("W/");
    if (weak) rest.remove_prefix(2);
    // A tag has no escapes: it ends at the next quote, and a comma may stand inside.
    const size_t end = rest.find('"', 1);
    if (!rest.starts_with('"') || end == std::string_view::npos) return false;
    if (rest.substr(0, end + 1) == etag && !(weak && comparison == Comparison::kStrong)) return true;
    rest.remove_prefix(end + 1);
    rest.remove_prefix(std::min(rest.find_first_not_of(" \t,"), rest.size()));
  }
  return false;
}

}  // namespace lotmark::api
