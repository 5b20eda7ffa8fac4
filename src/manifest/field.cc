#include "manifest/field.h"

#include <fmt/format.h>

namespace lotmark::manifest {
namespace {

Error WrongElement(const std::string& path, size_t index, std::string_view wanted, const Json& found) {
  return Refused(fmt::format("{} must be {}, not {}", ElementPath(path, index), wanted, JsonTypeName(found)));
}

// Reads every element that `fits` as a T.
template <typename T, typename Fits>
Result<std::vector<T>> Elements(const Json& json, const std::string& path, std::string_view wanted, Fits fits) {
  std::vector<T> values;
  values.reserve(json.size());
  for (size_t i = 0; i < json.size(); ++i) {
    if (!fits(json[i])) return WrongElement(path, i, wanted, json[i]);
    values.push_back(json[i].template get<T>());
  }
  return values;
}

}  // namespace

Result<std::vector<std::string>> Strings(const Json& json, const std::string& path) {
  return Elements<std::string>(json, path, "a string", [](const Json& element) { return element.is_string(); });
}

Result<std::vector<int64_t>> Integers(const Json& json, const std::string& path) {
  // What exceeds int64_t would wrap to a small number that looks right.
  return Elements<int64_t>(json, path, "a 64-bit integer", [](const Json& element) {
    return element.is_number_integer() &&
           (!element.is_number_unsigned() || element.get<uint64_t>() <= static_cast<uint64_t>(INT64_MAX));
  });
}

Result<std::vector<double>> Numbers(const Json& json, const std::string& path) {
  return Elements<double>(json, path, "a number", [](const Json& element) { return element.is_number(); });
}

Status RefuseUnknownKeys(const JsonObject& object, std::initializer_list<std::string_view> known) {
  return lotmark::RefuseUnknownKeys(object, known, "ignoring it here could change pixels silently");
}

}  // namespace lotmark::manifest
