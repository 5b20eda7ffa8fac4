#include "base/json.h"

#include <set>
#include <utility>
#include <vector>

#include "base/encoding.h"

namespace lotmark {
namespace {

// An object or array whose end has not been read yet. Members wait in a plain vector: nlohmann's ordered object
// searches all its keys on every insertion and copies all its values when it grows.
struct OpenContainer {
  bool is_object = false;
  std::set<std::string> keys;
  std::string key;  // of the member being read
  std::vector<std::pair<std::string, Json>> members;
  Json::array_t elements;

  void Add(Json value) {
    if (is_object)
      members.emplace_back(std::move(key), std::move(value));
    else
      elements.push_back(std::move(value));
  }

  Json Close() {
    if (!is_object) return Json(std::move(elements));
    Json object = Json::object();
    auto& out = object.get_ref<Json::object_t&>();
    out.reserve(members.size());
    for (auto& [name, value] : members) out.emplace_back(std::move(name), std::move(value));
    return object;
  }
};

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

  bool start_object(size_t) { return Open(true); }
  bool key(string_t& name) {
    OpenContainer& object = open_.back();
    object.key = name;
    return object.keys.insert(std::move(name)).second || Fail(Printable(Path()) + " stands twice in one object");
  }
  bool end_object() { return Close(); }
  bool start_array(size_t) { return Open(false); }
  bool end_array() { return Close(); }

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

  // Of the value being read: "formats.onnx.inputs[0].name".
  std::string Path() const {
    std::string path;
    for (const OpenContainer& at : open_) {
      if (!at.is_object)
        path += "[" + std::to_string(at.elements.size()) + "]";
      else
        path += (path.empty() ? "" : ".") + at.key;
    }
    return path;
  }

  bool CountOne() {
    return ++values_ <= limits_.max_values || Fail("more than " + std::to_string(limits_.max_values) + " values");
  }

  void Place(Json value) {
    if (open_.empty())
      root = std::move(value);
    else
      open_.back().Add(std::move(value));
  }

  bool Add(Json value) {
    if (!CountOne()) return false;
    Place(std::move(value));
    return true;
  }

  bool Open(bool is_object) {
    if (open_.size() >= limits_.max_depth) return Fail("nested deeper than " + std::to_string(limits_.max_depth));
    if (!CountOne()) return false;
    open_.emplace_back().is_object = is_object;
    return true;
  }

  bool Close() {
    Json value = open_.back().Close();
    open_.pop_back();
    Place(std::move(value));
    return true;
  }

  const JsonLimits& limits_;
  std::vector<OpenContainer> open_;
  size_t values_ = 0;
};

}  // namespace

Result<Json> ParseJson(std::string_view text, const JsonLimits& limits) {
  if (text.size() > limits.max_bytes) {
    return Error{ErrorCode::kTooLarge,
                 "JSON of " + std::to_string(text.size()) + " bytes: the limit is " + std::to_string(limits.max_bytes)};
  }
  if (text.substr(0, 3) == "\xEF\xBB\xBF") return Refused("not valid JSON: it begins with a byte order mark");
  // nlohmann takes a NUL byte for the end of the text, so that anything could hide behind it.
  if (const size_t nul = text.find('\0'); nul != std::string_view::npos) {
    return Refused("not valid JSON: byte " + std::to_string(nul) + " is NUL");
  }
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

std::string DumpJson(const Json& value, int indent) {
  return value.dump(indent, ' ', /*ensure_ascii=*/false, Json::error_handler_t::replace);
}

}  // namespace lotmark
