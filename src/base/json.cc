#include "base/json.h"

#include <set>
#include <vector>

#include "base/encoding.h"

namespace lotmark {
namespace {

// Builds a Json from nlohmann's parser events, refusing what its own builder lets through: a key twice, and depth.
class StrictBuilder {
 public:
  using number_integer_t = Json::number_integer_t;
  using number_unsigned_t = Json::number_unsigned_t;
  using number_float_t = Json::number_float_t;
  using string_t = Json::string_t;
  using binary_t = Json::binary_t;

  explicit StrictBuilder(const JsonLimits& limits) : limits_(limits) {}

  Json root;
  std::string error;

  bool null() { return Add(nullptr); }
  bool boolean(bool value) { return Add(value); }
  bool number_integer(number_integer_t value) { return Add(value); }
  bool number_unsigned(number_unsigned_t value) { return Add(value); }
  bool number_float(number_float_t value, const string_t&) { return Add(value); }
  bool string(string_t& value) { return Add(std::move(value)); }
  bool binary(binary_t&) { return Fail("binary values do not occur in JSON"); }

  bool start_object(size_t) {
    if (!Open(Json::object())) return false;
    keys_.emplace_back();
    return true;
  }
  bool key(string_t& name) {
    if (!keys_.back().insert(name).second)
      return Fail("the key '" + Printable(name, 80) + "' stands twice in one object");
    pending_key_ = std::move(name);
    return true;
  }
  bool end_object() {
    keys_.pop_back();
    open_.pop_back();
    return true;
  }
  bool start_array(size_t) { return Open(Json::array()); }
  bool end_array() {
    open_.pop_back();
    return true;
  }

  bool parse_error(size_t position, const std::string&, const Json::exception& cause) {
    // The library's text ends in "syntax error while parsing …"; its "[json.exception…]" prefix helps nobody.
    std::string_view why = cause.what();
    if (const size_t end = why.find("] "); end != std::string_view::npos) why.remove_prefix(end + 2);
    return Fail("byte " + std::to_string(position) + ": " + Printable(why, 200));
  }

 private:
  bool Fail(std::string why) {
    if (error.empty()) error = std::move(why);
    return false;
  }

  Json* Place(Json value) {
    if (open_.empty()) {
      root = std::move(value);
      return &root;
    }
    Json& parent = *open_.back();
    if (parent.is_array()) {
      parent.push_back(std::move(value));
      return &parent.back();
    }
    return &(parent[pending_key_] = std::move(value));
  }

  bool Add(Json value) {
    if (++values_ > limits_.max_values) return Fail("more than " + std::to_string(limits_.max_values) + " values");
    Place(std::move(value));
    return true;
  }

  bool Open(Json container) {
    if (open_.size() >= limits_.max_depth) return Fail("nested deeper than " + std::to_string(limits_.max_depth));
    if (++values_ > limits_.max_values) return Fail("more than " + std::to_string(limits_.max_values) + " values");
    open_.push_back(Place(std::move(container)));
    return true;
  }

  const JsonLimits& limits_;
  std::vector<Json*> open_;
  std::vector<std::set<std::string>> keys_;
  std::string pending_key_;
  size_t values_ = 0;
};

const char* TypeName(const Json& value) {
  if (value.is_null()) return "null";
  if (value.is_boolean()) return "true or false";
  if (value.is_string()) return "a string";
  if (value.is_number_integer()) return "an integer";
  if (value.is_number()) return "a number";
  return value.is_array() ? "an array" : "an object";
}

}  // namespace

Result<Json> ParseJson(std::string_view text, const JsonLimits& limits) {
  if (text.size() > limits.max_bytes) {
    return Error{ErrorCode::kTooLarge,
                 "JSON of " + std::to_string(text.size()) + " bytes: the limit is " + std::to_string(limits.max_bytes)};
  }
  if (text.substr(0, 3) == "\xEF\xBB\xBF") return Refused("not valid JSON: it begins with a byte order mark");
  StrictBuilder builder(limits);
  try {
    if (!Json::sax_parse(text.begin(), text.end(), &builder, nlohmann::detail::input_format_t::json,
                         /*strict=*/true, /*ignore_comments=*/false)) {
      return Refused("not valid JSON: " + builder.error);
    }
  } catch (const std::exception& cause) {
    return Refused("not valid JSON: " + Printable(cause.what()));
  }
  return std::move(builder.root);
}

Result<JsonObject> JsonObject::Of(const Json& value, std::string path) {
  if (!value.is_object()) {
    return Refused((path.empty() ? "the document" : path) + " must be an object, not " + TypeName(value));
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
  return Refused(PathOf(key) + " must be " + std::string(wanted) + ", not " + TypeName(found));
}

Result<std::string> JsonObject::RequiredString(std::string_view key) const {
  LOTMARK_ASSIGN_OR_RETURN(auto value, OptionalString(key));
  if (!value) return Refused(PathOf(key) + " is missing");
  return std::move(*value);
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

std::string DumpJson(const Json& value, int indent) {
  return value.dump(indent, ' ', /*ensure_ascii=*/false, Json::error_handler_t::replace);
}

}  // namespace lotmark
