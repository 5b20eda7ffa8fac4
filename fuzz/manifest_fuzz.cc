// The manifest: whatever is in it, a manifest that is taken keeps its bytes and names files that stay in their folder.
#include <set>

#include "base/json.h"
#include "fuzz.h"
#include "manifest/golden_edit.h"
#include "manifest/json_layout.h"
#include "manifest/manifest.h"

namespace lotmark::fuzz {
namespace {

void CheckLayout(std::string_view text, const manifest::JsonNode& node) {
  Require(node.begin < node.end && node.end <= text.size(), "a value lies inside the text");
  for (const auto& member : node.members) {
    Require(member.space_begin <= member.key_begin && member.key_begin < member.key_end, "a key lies in order");
    Require(node.begin < member.space_begin && member.key_end < member.value.begin, "a member lies inside its object");
    Require(member.value.end < node.end, "a member ends inside its object");
    CheckLayout(text, member.value);
  }
  for (const auto& element : node.elements) {
    Require(node.begin < element.begin && element.end < node.end, "an element lies inside its array");
    CheckLayout(text, element);
  }
}

bool StaysInFolder(std::string_view path) {
  if (path.empty() || path.front() == '/' || path.find('\0') != std::string_view::npos) return false;
  for (size_t begin = 0; begin <= path.size();) {
    const size_t end = std::min(path.find('/', begin), path.size());
    const std::string_view name = path.substr(begin, end - begin);
    if (name.empty() || name == "." || name == "..") return false;
    begin = end + 1;
  }
  return true;
}

void Check(std::string_view text) {
  if (ParseJson(text, {.max_bytes = manifest::Manifest::kMaxBytes})) CheckLayout(text, manifest::LocateJson(text));

  const auto parsed = manifest::Manifest::Parse(std::string(text));
  if (!parsed) return Require(!parsed.error().text.empty(), "a refusal says why");
  Require(parsed->bytes() == text, "the bytes are kept");
  std::set<std::string> paths;
  for (const auto& file : parsed->Files()) {
    Require(StaysInFolder(file.path), "a file lies inside the version's folder");
    Require(paths.insert(file.path).second, "a file is named once");
  }
  const auto without = manifest::Manifest::Parse(manifest::WithoutGolden(text));
  Require(without && !without->golden(), "golden cases can be taken out");
  if (parsed->golden()) {
    const auto again = manifest::Manifest::Parse(manifest::WithGolden(without->bytes(), *parsed->golden()));
    Require(again && again->golden()->cases.size() == parsed->golden()->cases.size(), "and put back");
  }
  parsed->MissingForAdd();
  parsed->MissingForServing(manifest::Format::kOnnx);
}

}  // namespace
}  // namespace lotmark::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  lotmark::fuzz::Check(lotmark::AsText({data, size}));
  return 0;
}
