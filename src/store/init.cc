// Volume::Init: an empty folder becomes a volume. Its commit point is the rename of volume.json, written last.
#include <algorithm>
#include <array>

#include "base/encoding.h"
#include "fs/file_ops.h"
#include "fs/temporary.h"
#include "store/event_json.h"
#include "store/locked_volume.h"
#include "store/volume.h"

namespace lotmark::store {
namespace {

constexpr std::array kFolders = {kJournalFolder, kModelsFolder, kStagingFolder};

Error NotEmpty(const fs::Dir& root, const std::string& found) {
  return Refused(root.DisplayPath() + ": is not empty and not a volume: it holds " + Printable(found, 60),
                 "Give a new or an empty folder.");
}

// Only event 0 was ever written before volume.json, so anything beyond it is a volume that lost its volume.json.
bool IsLeftover(std::string_view folder, const std::string& entry) {
  return fs::IsTemporary(entry) || (folder == kJournalFolder && entry == "000000000000.json");
}

Status CheckLeftovers(fs::Dir& root, const std::string& name) {
  LOTMARK_ASSIGN_OR_RETURN(const std::unique_ptr<fs::Dir> folder, root.OpenDir(name));
  LOTMARK_ASSIGN_OR_RETURN(const std::vector<fs::Entry> entries, folder->List());
  for (const fs::Entry& entry : entries) {
    if (!IsLeftover(name, entry.name)) return NotEmpty(root, Join(name, entry.name));
  }
  return Ok();
}

// `lost+found` is made by mkfs: a fresh disk mounted as the volume has it.
bool IsNobodys(const std::string& name) { return name == kLockFile || name == "lost+found" || fs::IsTemporary(name); }

// OK when `root` holds nothing but what an interrupted Init leaves.
Status CheckEmpty(fs::Dir& root) {
  LOTMARK_ASSIGN_OR_RETURN(const std::vector<fs::Entry> entries, root.List());
  for (const fs::Entry& entry : entries) {
    if (IsNobodys(entry.name)) continue;
    const bool ours = std::find(kFolders.begin(), kFolders.end(), entry.name) != kFolders.end();
    if (!ours || entry.kind != fs::EntryKind::kFolder) return NotEmpty(root, entry.name);
    LOTMARK_RETURN_IF_ERROR(CheckLeftovers(root, entry.name));
  }
  return Ok();
}

// What an interrupted Init wrote belongs to a volume that never came to be.
Status ClearLeftovers(fs::Dir& root) {
  LOTMARK_RETURN_IF_ERROR(fs::SweepTemporaries(root));
  for (const std::string_view folder : kFolders) LOTMARK_RETURN_IF_ERROR(fs::RemoveTree(root, folder));
  return root.Sync();
}

Status WriteVolume(fs::Dir& root, const ModelName& primary_model, const VolumeOptions& options) {
  for (const std::string_view folder : kFolders) LOTMARK_RETURN_IF_ERROR(fs::MakeDirs(root, folder));
  LOTMARK_ASSIGN_OR_RETURN(std::unique_ptr<fs::Dir> journal, root.OpenDir(kJournalFolder));
  Event created;
  created.time = options.clock.Now();
  created.actor = options.actor;
  created.kind = EventKind::kVolumeCreated;
  created.model = primary_model;
  LOTMARK_ASSIGN_OR_RETURN(const uint64_t index, MakeFolderEventLog(std::move(journal))->Append(created));
  (void)index;
  const std::string text = FormatVolumeInfo({Uuid::V4(), primary_model});
  return fs::WriteFileAtomic(root, kVolumeFile, AsBytes(text), fs::IfExists::kRefuse);
}

bool IsThere(const Result<fs::EntryInfo>& found) { return found || found.error().code != ErrorCode::kNotFound; }

Result<InitOutcome> AlreadyVolume(fs::Dir& root, const ModelName& primary_model) {
  LOTMARK_ASSIGN_OR_RETURN(const VolumeInfo info, ReadVolumeInfo(root));
  if (info.primary_model != primary_model) {
    return Refused(root.DisplayPath() + ": is already a volume, of the model " + info.primary_model.text());
  }
  // The Init that made it may have died before its last sync.
  LOTMARK_RETURN_IF_ERROR(root.Sync());
  return InitOutcome::kAlreadyVolume;
}

}  // namespace

Result<InitOutcome> Volume::Init(fs::Dir& root, const ModelName& primary_model, const VolumeOptions& options) {
  // Before the lock, which leaves a file: a folder that is somebody else's is not touched.
  if (IsThere(root.Stat(kVolumeFile))) return AlreadyVolume(root, primary_model);
  LOTMARK_RETURN_IF_ERROR(CheckEmpty(root));
  LOTMARK_ASSIGN_OR_RETURN(const auto lock, TakeVolumeLock(root, options.lock_wait));
  if (IsThere(root.Stat(kVolumeFile))) return AlreadyVolume(root, primary_model);
  LOTMARK_RETURN_IF_ERROR(CheckEmpty(root));
  LOTMARK_RETURN_IF_ERROR(ClearLeftovers(root));
  LOTMARK_RETURN_IF_ERROR(WriteVolume(root, primary_model, options));
  return InitOutcome::kCreated;
}

}  // namespace lotmark::store
