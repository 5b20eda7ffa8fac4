// Which bytes of a file a request asks for, and whether it has them already: RFC 9110 sections 13 and 14, for content
// that never changes and whose entity tag is therefore strong.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace lotmark::api {

struct Slice {
  enum class Kind { kWhole, kPart, kUnsatisfiable };
  Kind kind = Kind::kWhole;
  uint64_t offset = 0;
  uint64_t size = 0;
};

// `range` is the header's value. One range that begins within `total` bytes is a part; one that does not is
// unsatisfiable. Anything else (no header, another unit, several ranges, a syntax error) means the whole, which RFC
// 9110 allows and every client understands.
Slice ChooseSlice(std::string_view range, uint64_t total);

// Whether `header`, a list of entity tags as If-Match and If-None-Match carry it, names `etag` (with its quotes) or is
// `*`. Weak: a `W/` before a tag of the list is overlooked; strong: such a tag equals none.
enum class Comparison { kWeak, kStrong };
bool NamesEtag(std::string_view header, std::string_view etag, Comparison comparison);

}  // namespace lotmark::api
