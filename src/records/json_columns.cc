#include "records/json_columns.h"

#include <charconv>
#include <cmath>

#include "base/encoding.h"
#include "base/json.h"

namespace lotmark::records {
namespace {

// The longest list that a row may hold, written out, is far below this.
constexpr JsonLimits kLimits{.max_bytes = 256u << 20, .max_depth = 2, .max_values = 100'000};

}  // namespace

std::string FloatsToJson(std::span<const float> values) {
  std::string json = "[";
  for (const float value : values) {
    char digits[32];
    const auto end = std::to_chars(digits, digits + sizeof digits, value).ptr;
    if (json.size() > 1) json += ',';
    json.append(digits, end);
  }
  return json + "]";
}

Result<std::vector<float>> FloatsFromJson(std::string_view json) {
  const auto refuse = [&] { return Refused("'" + Printable(json, 60) + "' is not a JSON array of numbers"); };
  if (json.size() < 2 || json.front() != '[' || json.back() != ']') return refuse();
  std::vector<float> values;
  const char* at = json.data() + 1;
  const char* const end = json.data() + json.size() - 1;
  while (at != end) {
    float value = 0;
    const auto [next, error] = std::from_chars(at, end, value);
    if (error != std::errc{} || !std::isfinite(value)) return refuse();
    values.push_back(value);
    at = next;
    if (at == end) break;
    if (*at != ',' || ++at == end) return refuse();
  }
  return values;
}

std::string TextsToJson(std::span<const std::string> texts) {
  Json array = Json::array();
  for (const auto& text : texts) array.push_back(text);
  return DumpJson(array);
}

Result<std::vector<std::string>> TextsFromJson(std::string_view json) {
  LOTMARK_ASSIGN_OR_RETURN(const Json array, ParseJson(json, kLimits));
  if (!array.is_array()) return Refused("'" + Printable(json, 60) + "' is not a JSON array of strings");
  std::vector<std::string> texts;
  for (const auto& element : array) {
    if (!element.is_string()) return Refused("'" + Printable(json, 60) + "' is not a JSON array of strings");
    texts.push_back(element.get<std::string>());
  }
  return texts;
}

}  // namespace lotmark::records
