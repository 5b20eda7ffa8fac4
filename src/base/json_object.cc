#include "base/json.h"

namespace lotmark {
namespace {

template <typename T>
Result<T> Present(Result<std::optional<T>> found, const std::string& path) {
  if (!found) return std::move(found).error();
  if (!found->has_value()) return Refused(path + " is missing");
  return std::move(**found);
}

}  // namespace

const char* JsonTypeName(const Json& value) {
  if (value.is_null()) return "null";
  if (value.is_boolean()) return "true or false";
  if (value.is_string()) return "a string";
  if (value.is_number_integer()) return "an integer";
  if (value.is_number()) return "a number";
  return value.is_array() ? "an array" : "an object";
}

Result<JsonObject> JsonObject::Of(const Json& value, std::string path) {
  if (!value.is_object()) {
    return Refused((path.empty() ? "the document" : path) + " must be an object, not " + JsonTypeName(value));
  }
  return JsonObject(value, std::move(path));
}

const Json* JsonObject::Find(std::string_view key) const {
  const auto found = value_->find(std::string(key));
  return found == value_->end() ? nullptr : &*found;
}

bool JsonObject::Has(std::string_view key) const { return Find(key) != nullptr; }

std::string JsonObject::PathOf(std::string_view key) const {
  return path_.empty() ? std::string(key) : path_ + "." + std::string(key);
}

Error JsonObject::WrongType(std::string_view key, std::string_view wanted, const Json& found) const {
  return Refused(PathOf(key) + " must be " + std::string(wanted) + ", not " + JsonTypeName(found));
}

Result<std::string> JsonObject::RequiredString(std::string_view key) const {
  return Present(OptionalString(key), PathOf(key));
}
Result<int64_t> JsonObject::RequiredInteger(std::string_view key) const {
  return Present(OptionalInteger(key), PathOf(key));
}
Result<double> JsonObject::RequiredNumber(std::string_view key) const {
  return Present(OptionalNumber(key), PathOf(key));
}
Result<JsonObject> JsonObject::RequiredObject(std::string_view key) const {
  return Present(OptionalObject(key), PathOf(key));
}
Result<const Json*> JsonObject::RequiredArray(std::string_view key) const {
  LOTMARK_ASSIGN_OR_RETURN(const Json* found, OptionalArray(key));
  if (found == nullptr) return Refused(PathOf(key) + " is missing");
  return found;
}

Result<std::optional<std::string>> JsonObject::OptionalString(std::string_view key) const {
  const Json* found = Find(key);
  if (found == nullptr) return std::optional<std::string>();
  if (!found->is_string()) return WrongType(key, "a string", *found);
  return std::optional(found->get<std::string>());
}

Result<std::optional<int64_t>> JsonObject::OptionalInteger(std::string_view key) const {
  const Json* found = Find(key);
  if (found == nullptr) return std::optional<int64_t>();
  if (!found->is_number_integer()) return WrongType(key, "an integer", *found);
  if (found->is_number_unsigned() && found->get<uint64_t>() > static_cast<uint64_t>(INT64_MAX)) {
    return Refused(PathOf(key) + " is too large for a 64-bit integer");
  }
  return std::optional(found->get<int64_t>());
}

Result<std::optional<double>> JsonObject::OptionalNumber(std::string_view key) const {
  const Json* found = Find(key);
  if (found == nullptr) return std::optional<double>();
  if (!found->is_number()) return WrongType(key, "a number", *found);
  return std::optional(found->get<double>());
}

Result<std::optional<bool>> JsonObject::OptionalBool(std::string_view key) const {
  const Json* found = Find(key);
  if (found == nullptr) return std::optional<bool>();
  if (!found->is_boolean()) return WrongType(key, "true or false", *found);
  return std::optional(found->get<bool>());
}

Result<std::optional<JsonObject>> JsonObject::OptionalObject(std::string_view key) const {
  const Json* found = Find(key);
  if (found == nullptr) return std::optional<JsonObject>();
  LOTMARK_ASSIGN_OR_RETURN(JsonObject object, Of(*found, PathOf(key)));
  return std::optional(std::move(object));
}

Result<const Json*> JsonObject::OptionalArray(std::string_view key) const {
  const Json* found = Find(key);
  if (found != nullptr && !found->is_array()) return WrongType(key, "an array", *found);
  return found;
}

}  // namespace lotmark
