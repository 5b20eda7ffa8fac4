#include "base/json_field.h"

#include <fmt/format.h>

#include <algorithm>

namespace lotmark {

std::string ElementPath(const std::string& array_path, size_t index) {
  return fmt::format("{}[{}]", array_path, index);
}

Result<std::vector<JsonObject>> Objects(const Json& json, const std::string& path) {
  std::vector<JsonObject> objects;
  for (size_t i = 0; i < json.size(); ++i) {
    LOTMARK_ASSIGN_OR_RETURN(JsonObject object, JsonObject::Of(json[i], ElementPath(path, i)));
    objects.push_back(std::move(object));
  }
  return objects;
}

Result<std::optional<Digest>> OptionalDigest(const JsonObject& object, std::string_view key) {
  LOTMARK_ASSIGN_OR_RETURN(const auto text, object.OptionalString(key));
  if (!text) return std::optional<Digest>();
  const auto digest = Digest::Parse(*text);
  if (!digest) return Prefixed(object.PathOf(key), digest.error());
  return std::optional(*digest);
}

Result<Digest> RequiredDigest(const JsonObject& object, std::string_view key) {
  LOTMARK_ASSIGN_OR_RETURN(const auto digest, OptionalDigest(object, key));
  if (!digest) return Refused(object.PathOf(key) + " is missing");
  return *digest;
}

Result<int64_t> IntegerBetween(const JsonObject& object, std::string_view key, int64_t low, int64_t high) {
  LOTMARK_ASSIGN_OR_RETURN(const int64_t value, object.RequiredInteger(key));
  if (value < low || value > high) {
    return Refused(fmt::format("{}: {} is not between {} and {}", object.PathOf(key), value, low, high));
  }
  return value;
}

Result<std::optional<double>> OptionalNumberBetween(const JsonObject& object, std::string_view key, double low,
                                                    double high) {
  LOTMARK_ASSIGN_OR_RETURN(const auto value, object.OptionalNumber(key));
  if (value && !(*value >= low && *value <= high)) {
    return Refused(fmt::format("{}: {} is not between {} and {}", object.PathOf(key), *value, low, high));
  }
  return value;
}

Status CheckLabel(std::string_view text, size_t max_bytes, const std::string& path) {
  if (text.empty()) return Refused(path + " is empty");
  const auto refuse = [&](const std::string& why) { return Refused(path + ": '" + Printable(text, 80) + "' " + why); };
  if (text.size() > max_bytes) return refuse(fmt::format("has {} bytes, more than {}", text.size(), max_bytes));
  if (text.front() == ' ' || text.back() == ' ') return refuse("begins or ends with a space");
  if (Printable(text, text.size()) != text) return refuse("has control characters");
  return Ok();
}

Result<std::string> RequiredLabel(const JsonObject& object, std::string_view key, size_t max_bytes) {
  LOTMARK_ASSIGN_OR_RETURN(auto text, object.RequiredString(key));
  LOTMARK_RETURN_IF_ERROR(CheckLabel(text, max_bytes, object.PathOf(key)));
  return text;
}

Status RefuseUnknownKeys(const JsonObject& object, std::initializer_list<std::string_view> known,
                         std::string_view why) {
  for (const auto& [key, value] : object.json().items()) {
    if (std::find(known.begin(), known.end(), key) != known.end()) continue;
    return Refused(fmt::format("{} is not a field that Lotmark knows: {}", object.PathOf(Printable(key, 80)), why));
  }
  return Ok();
}

}  // namespace lotmark
