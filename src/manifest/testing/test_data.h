// The manifests in manifest/testdata, and ways to bend them. For tests only.
#pragma once

#include <fstream>
#include <iterator>
#include <string>
#include <string_view>

#include "base/json.h"

namespace lotmark::manifest::testing {

// Empty when the file is not there.
inline std::string ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

inline std::string TestData(const std::string& name) {
  return ReadFile(LOTMARK_SOURCE_DIR "/src/manifest/testdata/" + name);
}

// A manifest that uses every field.
inline std::string FullText() { return TestData("full.json"); }
inline Json FullJson() { return *ParseJson(FullText()); }

// `json` with the value at the JSON pointer `at` replaced or added.
inline std::string With(Json json, const std::string& at, Json value) {
  json[Json::json_pointer(at)] = std::move(value);
  return DumpJson(json);
}

inline std::string Without(Json json, const std::string& parent, const std::string& key) {
  json[Json::json_pointer(parent)].erase(key);
  return DumpJson(json);
}

// `text` with the first `from` replaced by `to`.
inline std::string Replaced(std::string text, std::string_view from, std::string_view to) {
  if (const size_t at = text.find(from); at != std::string::npos) text.replace(at, from.size(), to);
  return text;
}

}  // namespace lotmark::manifest::testing
