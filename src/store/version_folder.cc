#include "store/version_folder.h"

#include "store/layout.h"

namespace lotmark::store {
namespace {

// A reminder to people and no more (root writes anyway; some file systems have no modes), so a failure is not worth
// refusing a version that is complete and durable.
void MakeTreeReadOnly(fs::Dir& parent, std::string_view name) {
  if (const auto folder = parent.OpenDir(name)) {
    const auto entries = (*folder)->List();
    if (!entries) return;
    for (const fs::Entry& entry : *entries) {
      if (entry.kind == fs::EntryKind::kFolder) MakeTreeReadOnly(**folder, entry.name);
      if (entry.kind == fs::EntryKind::kFile) (void)(*folder)->MakeReadOnly(entry.name);
    }
  }
  (void)parent.MakeReadOnly(name);
}

bool LeadsTo(const std::string& path, const std::set<std::string>& expected) {
  const auto next = expected.lower_bound(path + "/");
  return next != expected.end() && next->starts_with(path + "/");
}

Status CollectUnexpected(fs::Dir& folder, const std::string& prefix, const std::set<std::string>& expected,
                         std::vector<std::string>& unexpected) {
  LOTMARK_ASSIGN_OR_RETURN(const std::vector<fs::Entry> entries, folder.List());
  for (const fs::Entry& entry : entries) {
    const std::string path = prefix + entry.name;
    if (expected.contains(path)) continue;
    if (entry.kind != fs::EntryKind::kFolder || !LeadsTo(path, expected)) {
      unexpected.push_back(path);
      continue;
    }
    LOTMARK_ASSIGN_OR_RETURN(const std::unique_ptr<fs::Dir> inner, folder.OpenDir(entry.name));
    LOTMARK_RETURN_IF_ERROR(CollectUnexpected(*inner, path + "/", expected, unexpected));
  }
  return Ok();
}

}  // namespace

Result<std::vector<std::string>> ListUnexpected(fs::Dir& folder, const std::set<std::string>& expected) {
  std::vector<std::string> unexpected;
  LOTMARK_RETURN_IF_ERROR(CollectUnexpected(folder, "", expected, unexpected));
  return unexpected;
}

Status SyncTree(fs::Dir& folder) {
  LOTMARK_ASSIGN_OR_RETURN(const std::vector<fs::Entry> entries, folder.List());
  for (const fs::Entry& entry : entries) {
    if (entry.kind != fs::EntryKind::kFolder) continue;
    LOTMARK_ASSIGN_OR_RETURN(const std::unique_ptr<fs::Dir> inner, folder.OpenDir(entry.name));
    LOTMARK_RETURN_IF_ERROR(SyncTree(*inner));
  }
  return folder.Sync();
}

Status SettleVersion(fs::Dir& root, const ModelName& model, const Version& version) {
  LOTMARK_ASSIGN_OR_RETURN(const std::unique_ptr<fs::Dir> versions, root.OpenDir(VersionsPath(model)));
  // The new name first: were the old one gone for good before it, a power loss could take the version.
  LOTMARK_RETURN_IF_ERROR(versions->Sync());
  LOTMARK_ASSIGN_OR_RETURN(const std::unique_ptr<fs::Dir> staging, root.OpenDir(kStagingFolder));
  LOTMARK_RETURN_IF_ERROR(staging->Sync());
  MakeTreeReadOnly(*versions, version.text());
  return Ok();
}

}  // namespace lotmark::store
