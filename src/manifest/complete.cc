#include "manifest/complete.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <set>

#include "fs/file_ops.h"
#include "manifest/json_layout.h"
#include "manifest/manifest.h"

namespace lotmark::manifest {
namespace {

constexpr char kMismatchHint[] =
    "If the file is the right one, remove the field and complete the manifest again; if not, put the right file there.";

struct Insertion {
  size_t at = 0;
  std::string text;
};

// The object at a field path such as "formats.onnx.external_data[0]". REQUIRES: the parser made the path from this
// text.
const JsonNode& NodeAt(const JsonNode& root, std::string_view field) {
  const JsonNode* node = &root;
  while (!field.empty()) {
    const size_t end = std::min(field.find_first_of(".["), field.size());
    node = &node->Find(field.substr(0, end))->value;
    field.remove_prefix(end);
    if (field.starts_with('[')) {
      size_t index = 0;
      std::from_chars(field.data() + 1, field.data() + field.size(), index);
      node = &node->elements[index];
      field.remove_prefix(field.find(']') + 1);
    }
    if (field.starts_with('.')) field.remove_prefix(1);
  }
  return *node;
}

class Completion {
 public:
  explicit Completion(std::string_view json) : json_(json), root_(LocateJson(json)) {}

  void FillIn(const FileRef& file, const fs::HashedFile& found, const std::set<std::string>& missing) {
    const JsonNode& object = NodeAt(root_, file.field);
    const JsonMember* anchor = object.Find("path");
    if (anchor == nullptr) anchor = object.Find("image");
    if (missing.contains(file.field + ".sha256")) {
      InsertAfter(*anchor, object, "sha256", '"' + found.sha256.hex() + '"');
      filled_in_.push_back(file.field + ".sha256");
    } else {
      anchor = object.Find("sha256");
    }
    if (missing.contains(file.field + ".size")) {
      InsertAfter(*anchor, object, "size", std::to_string(found.size));
      filled_in_.push_back(file.field + ".size");
    }
  }

  Completed Take() && {
    std::stable_sort(insertions_.begin(), insertions_.end(), [](const auto& a, const auto& b) { return a.at < b.at; });
    std::string bytes;
    size_t copied = 0;
    for (const Insertion& insertion : insertions_) {
      bytes += json_.substr(copied, insertion.at - copied);
      bytes += insertion.text;
      copied = insertion.at;
    }
    bytes += json_.substr(copied);
    return {std::move(bytes), std::move(filled_in_)};
  }

 private:
  void InsertAfter(const JsonMember& anchor, const JsonNode& object, std::string_view key, const std::string& value) {
    const std::string_view colon = json_.substr(anchor.key_end, anchor.value.begin - anchor.key_end);
    insertions_.push_back(
        {anchor.value.end, fmt::format(",{}\"{}\"{}{}", SpaceBeforeNextKey(json_, object, anchor), key, colon, value)});
  }

  std::string_view json_;
  JsonNode root_;
  std::vector<Insertion> insertions_;
  std::vector<std::string> filled_in_;
};

Result<fs::HashedFile> HashOf(const FileRef& file, fs::Dir& folder, const fs::Progress& progress) {
  auto opened = folder.OpenFile(file.path);
  if (!opened) return Prefixed(file.field, std::move(opened).error());
  auto hashed = fs::HashFile(**opened, progress);
  if (!hashed) return Prefixed(file.field, std::move(hashed).error());
  return hashed;
}

Result<uint64_t> SizeOf(const FileRef& file, fs::Dir& folder) {
  auto opened = folder.OpenFile(file.path);
  if (!opened) return Prefixed(file.field, std::move(opened).error());
  return (*opened)->Size();
}

Status CompareWith(const fs::HashedFile& found, const FileRef& file) {
  if (file.size && *file.size != found.size) {
    return Refused(fmt::format("{}.size: the manifest says {} bytes, but '{}' has {}", file.field, *file.size,
                               file.path, found.size),
                   kMismatchHint);
  }
  if (file.sha256 && *file.sha256 != found.sha256) {
    return Refused(fmt::format("{}.sha256: the manifest says {}, but '{}' has {}", file.field, file.sha256->hex(),
                               file.path, found.sha256.hex()),
                   kMismatchHint);
  }
  return Ok();
}

}  // namespace

Result<Completed> CompleteManifest(std::string_view bytes, fs::Dir& folder, const CompletionProgress& progress) {
  LOTMARK_ASSIGN_OR_RETURN(const Manifest manifest, Manifest::Parse(std::string(bytes)));
  const auto missing_list = manifest.MissingForAdd();
  const std::set<std::string> missing(missing_list.begin(), missing_list.end());
  Completion completion(bytes);
  uint64_t total = 0;
  for (const FileRef& file : manifest.Files()) {
    LOTMARK_ASSIGN_OR_RETURN(const uint64_t size, SizeOf(file, folder));
    total += size;
  }
  uint64_t done = 0;
  for (const FileRef& file : manifest.Files()) {
    const auto report = [&](uint64_t of_this_file) {
      return !progress || progress(file.path, done + of_this_file, total);
    };
    LOTMARK_ASSIGN_OR_RETURN(const fs::HashedFile found, HashOf(file, folder, report));
    LOTMARK_RETURN_IF_ERROR(CompareWith(found, file));
    completion.FillIn(file, found, missing);
    done += found.size;
  }
  Completed completed = std::move(completion).Take();
  // A file may be empty, too large, or push the manifest over its limit: the parser knows.
  LOTMARK_RETURN_IF_ERROR(Manifest::Parse(completed.bytes));
  return completed;
}

}  // namespace lotmark::manifest
