#include "manifest/golden_edit.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/json.h"
#include "manifest/json_layout.h"

namespace lotmark::manifest {
namespace {

std::string Quoted(std::string_view text) { return DumpJson(Json(text)); }

// Line breaks and indentation as the manifest has them; none where it is written on one line.
class GoldenText {
 public:
  // `space`: what stands before a key at the top of the manifest. `colon`: what stands between a key and its value.
  GoldenText(std::string_view space, std::string_view colon) : colon_(colon) {
    const size_t line_break = space.rfind('\n');
    if (line_break == std::string_view::npos) {
      comma_ += space;
      return;
    }
    line_ = space.substr(0, line_break + 1);
    indent_ = space.substr(line_break + 1);
  }

  std::string Of(const Golden& golden) const {
    std::string cases;
    for (const GoldenCase& one : golden.cases) cases += (cases.empty() ? "" : comma_) + Line(3) + CaseText(one);
    return "{" + Line(2) + Member("origin", Quoted(GoldenOriginName(golden.origin))) + comma_ + Line(2) +
           Member("tolerance", DumpJson(Json(golden.tolerance))) + comma_ + Line(2) +
           Member("cases", "[" + cases + Line(2) + "]") + Line(1) + "}";
  }

 private:
  std::string CaseText(const GoldenCase& one) const {
    std::string formats;
    for (const auto& [format, probabilities] : one.probabilities) {
      const Json values = probabilities;
      formats += (formats.empty() ? "" : ", ") + Member(FormatName(format), OnOneLine(values));
    }
    std::string text = "{" + Line(4) + Member("image", Quoted(one.image.path));
    const auto add = [&](std::string_view key, const std::string& value) {
      text += comma_ + Line(4) + Member(key, value);
    };
    if (one.image.sha256) add("sha256", Quoted(one.image.sha256->hex()));
    if (one.pixels_sha256) add("pixels_sha256", Quoted(one.pixels_sha256->hex()));
    if (one.top_class) add("top_class", Quoted(*one.top_class));
    add("probabilities", "{" + formats + "}");
    return text + Line(3) + "}";
  }

  std::string Member(std::string_view key, const std::string& value) const {
    return fmt::format("\"{}\"{}{}", key, colon_, value);
  }

  static std::string OnOneLine(const Json& numbers) {
    std::string text;
    for (const Json& number : numbers) text += (text.empty() ? "" : ", ") + DumpJson(number);
    return "[" + text + "]";
  }

  // Before the members and the end of what is nested `depth` deep.
  std::string Line(int depth) const {
    std::string text = line_;
    for (int i = 0; i < depth; ++i) text += indent_;
    return text;
  }

  std::string comma_ = ",", colon_, line_, indent_;
};

std::string Replaced(std::string_view text, size_t begin, size_t end, std::string_view by) {
  return std::string(text.substr(0, begin)) + std::string(by) + std::string(text.substr(end));
}

}  // namespace

std::string WithGolden(std::string_view manifest, const Golden& golden) {
  const JsonNode root = LocateJson(manifest);
  const JsonMember* anchor = root.Find("preprocessing");
  if (anchor == nullptr) anchor = &root.members.back();  // a manifest that parses has members
  const std::string_view space = SpaceBeforeNextKey(manifest, root, *anchor);
  const std::string_view colon = manifest.substr(anchor->key_end, anchor->value.begin - anchor->key_end);
  const std::string text = GoldenText(space, colon).Of(golden);
  if (const JsonMember* own = root.Find("golden")) {
    return Replaced(manifest, own->value.begin, own->value.end, text);
  }
  return Replaced(manifest, anchor->value.end, anchor->value.end, fmt::format(",{}\"golden\"{}{}", space, colon, text));
}

std::string WithoutGolden(std::string_view manifest) {
  const JsonNode root = LocateJson(manifest);
  for (size_t i = 0; i < root.members.size(); ++i) {
    if (root.members[i].key != "golden") continue;
    // With the comma before it, or the one after it where it stands first.
    if (i > 0) return Replaced(manifest, root.members[i - 1].value.end, root.members[i].value.end, "");
    return Replaced(manifest, root.members[0].space_begin, root.members[1].space_begin, "");
  }
  return std::string(manifest);
}

}  // namespace lotmark::manifest
