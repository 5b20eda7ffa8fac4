// Where the values of a JSON text lie in its bytes, so that text can be inserted while all the rest stays as it is.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace lotmark::manifest {

struct JsonMember;

// A value: the bytes [begin, end) of the text, and what is inside.
struct JsonNode {
  size_t begin = 0;
  size_t end = 0;
  std::vector<JsonMember> members;  // of an object
  std::vector<JsonNode> elements;   // of an array

  const JsonMember* Find(std::string_view key) const;  // nullptr when there is none
};

struct JsonMember {
  std::string key;         // without quotes and escapes
  size_t space_begin = 0;  // just after the '{' or ',' before the key
  size_t key_begin = 0;    // of the opening quote
  size_t key_end = 0;      // just after the closing quote
  JsonNode value;
};

// REQUIRES: ParseJson (base/json.h) accepts `json`. That bounds the recursion too.
JsonNode LocateJson(std::string_view json);

// The white space before a key that `object` of `json` would show if it had one more member after `anchor`.
std::string_view SpaceBeforeNextKey(std::string_view json, const JsonNode& object, const JsonMember& anchor);

}  // namespace lotmark::manifest
