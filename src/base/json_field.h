// Readers for the kinds of field that recur in our JSON documents. Errors begin with the field's path.
//
// Include this in .cc files only (base/json.h is heavy).
#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/digest.h"
#include "base/encoding.h"
#include "base/json.h"

namespace lotmark {

// "classes[3]"
std::string ElementPath(const std::string& array_path, size_t index);

// Elements of an array, all of them objects. REQUIRES: json.is_array().
Result<std::vector<JsonObject>> Objects(const Json& json, const std::string& path);

Result<std::optional<Digest>> OptionalDigest(const JsonObject& object, std::string_view key);
Result<Digest> RequiredDigest(const JsonObject& object, std::string_view key);

// kRefused when the integer or number is outside [low, high].
Result<int64_t> IntegerBetween(const JsonObject& object, std::string_view key, int64_t low, int64_t high);
Result<std::optional<double>> OptionalNumberBetween(const JsonObject& object, std::string_view key, double low,
                                                    double high);

// A name for people and programs: 1 to `max_bytes` bytes, no control characters, no space at either end.
Status CheckLabel(std::string_view text, size_t max_bytes, const std::string& path);
Result<std::string> RequiredLabel(const JsonObject& object, std::string_view key, size_t max_bytes);

// kRefused names the first member of `object` that is not among `known`, and says `why` that is not just ignored.
Status RefuseUnknownKeys(const JsonObject& object, std::initializer_list<std::string_view> known, std::string_view why);

// The value that a word stands for; kRefused lists the words.
template <typename T>
Result<T> Choose(const std::string& word, const std::string& path,
                 std::initializer_list<std::pair<std::string_view, T>> choices) {
  std::string words;
  for (const auto& [name, value] : choices) {
    if (name == word) return value;
    words += (words.empty() ? "'" : ", '") + std::string(name) + "'";
  }
  return Refused(path + ": '" + Printable(word, 80) + "' is not known: it must be " +
                 (choices.size() > 1 ? "one of " : "") + words);
}

}  // namespace lotmark
