// JSON from outside, read strictly: the only door between outside text and nlohmann's types.
//
// Why strict: a manifest is signed by its bytes, so two readers must never see two meanings in the same bytes.
// Duplicate keys, bytes after the value, NaN, bad UTF-8, deep nesting and comments are all refused, naming the place.
//
// Include this in .cc files only: the library's header is heavy. Json keeps the order of keys.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"

namespace lotmark {

using Json = nlohmann::ordered_json;

struct JsonLimits {
  size_t max_bytes = 1 << 20;
  size_t max_depth = 32;       // objects and arrays inside each other
  size_t max_values = 200000;  // members and elements in total
};

// kRefused: not JSON by the rules above; the text says what and at which byte. kTooLarge: over max_bytes.
Result<Json> ParseJson(std::string_view text, const JsonLimits& limits = {});

// "a string", "an array", …: for messages about a value of the wrong type.
const char* JsonTypeName(const Json& value);

// Reads the members of one JSON object with errors that name the field's full path ("formats.onnx.sha256").
// Borrows the object: it must outlive this reader.
class JsonObject {
 public:
  // kRefused when `value` is not an object.
  static Result<JsonObject> Of(const Json& value, std::string path);

  bool Has(std::string_view key) const;
  // A present member of another type is always an error; an absent one is only for the Required forms.
  Result<std::string> RequiredString(std::string_view key) const;
  Result<int64_t> RequiredInteger(std::string_view key) const;
  Result<double> RequiredNumber(std::string_view key) const;
  Result<JsonObject> RequiredObject(std::string_view key) const;
  // Never nullptr; elements unchecked.
  Result<const Json*> RequiredArray(std::string_view key) const;
  Result<std::optional<std::string>> OptionalString(std::string_view key) const;
  Result<std::optional<int64_t>> OptionalInteger(std::string_view key) const;
  Result<std::optional<double>> OptionalNumber(std::string_view key) const;
  Result<std::optional<bool>> OptionalBool(std::string_view key) const;
  Result<std::optional<JsonObject>> OptionalObject(std::string_view key) const;
  // The array itself (elements unchecked), or nullptr when absent.
  Result<const Json*> OptionalArray(std::string_view key) const;

  const Json& json() const { return *value_; }
  const std::string& path() const { return path_; }
  // "formats.onnx.sha256" for key "sha256" of the object at "formats.onnx".
  std::string PathOf(std::string_view key) const;

 private:
  JsonObject(const Json& value, std::string path) : value_(&value), path_(std::move(path)) {}
  // nullptr when absent.
  const Json* Find(std::string_view key) const;
  Error WrongType(std::string_view key, std::string_view wanted, const Json& found) const;

  const Json* value_;
  std::string path_;
};

// `value` as compact text; strings that are not UTF-8 (impossible after ParseJson) are replaced, never thrown.
std::string DumpJson(const Json& value, int indent = -1);

}  // namespace lotmark
