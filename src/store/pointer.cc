#include "store/pointer.h"

#include "base/encoding.h"
#include "fs/file_ops.h"
#include "store/layout.h"

namespace lotmark::store {
namespace {

constexpr std::string_view kCopyHint =
    "Copy volumes with a tool that keeps links (cp -a, rsync -a, tar). `lotmark repair` makes the pointer again as the "
    "journal says.";

Error NotALink(const std::string& path) {
  return Refused(path + ": is not a link: a copy has dereferenced it, or something else was put in its place",
                 std::string(kCopyHint));
}

bool IsNotFound(const Error& error) { return error.code == ErrorCode::kNotFound; }

// The text of the link, or nothing when there is no such entry.
Result<std::optional<std::string>> ReadLinkIfPresent(fs::Dir& root, const std::string& path) {
  auto text = root.ReadLink(path);
  if (text) return std::optional(*std::move(text));
  if (IsNotFound(text.error())) return std::optional<std::string>();
  if (text.error().code == ErrorCode::kRefused) return NotALink(Join(root.DisplayPath(), path));
  return std::move(text).error();
}

}  // namespace

Result<std::optional<Version>> ReadPointer(fs::Dir& root, const ModelName& model) {
  const std::string path = Join(ModelPath(model), kActiveLink);
  LOTMARK_ASSIGN_OR_RETURN(const std::optional<std::string> text, ReadLinkIfPresent(root, path));
  if (!text) return std::optional<Version>();
  auto version = ParsePointerText(*text);
  if (version) return version;
  return Refused(Join(root.DisplayPath(), path) + ": the link's text is '" + Printable(*text) +
                     "', not of the form versions/<version>",
                 "Only lotmark may move the pointer: `lotmark repair` makes it again as the journal says.");
}

Status MovePointer(fs::Dir& root, const ModelName& model, const Version& version) {
  LOTMARK_ASSIGN_OR_RETURN(const std::unique_ptr<fs::Dir> folder, root.OpenDir(ModelPath(model)));
  return fs::ReplaceLinkAtomic(*folder, kActiveLink, PointerText(version));
}

Status RemovePointer(fs::Dir& root, const ModelName& model) {
  LOTMARK_ASSIGN_OR_RETURN(const std::unique_ptr<fs::Dir> folder, root.OpenDir(ModelPath(model)));
  Status removed = folder->RemoveFile(kActiveLink);
  // An error may be reported of what has happened: the disk knows.
  if (!removed) {
    const auto found = folder->Stat(kActiveLink);
    if (found || !IsNotFound(found.error())) return removed;
  }
  const Status synced = folder->Sync();
  if (synced) return Ok();
  return Error{ErrorCode::kUnconfirmed, "the pointer was removed, but not confirmed: " + synced.error().text};
}

Status EnsureTopLink(fs::Dir& root, const ModelName& primary_model) {
  const std::string wanted = TopLinkText(primary_model);
  const std::string path(kManifestFile);
  LOTMARK_ASSIGN_OR_RETURN(const std::optional<std::string> text, ReadLinkIfPresent(root, path));
  if (text == wanted) return Ok();
  if (!text) return fs::ReplaceLinkAtomic(root, kManifestFile, wanted);
  return Refused(Join(root.DisplayPath(), path) + ": the link's text is '" + Printable(*text) + "', not " + wanted,
                 "Move the link away; activating a version makes it again.");
}

}  // namespace lotmark::store
