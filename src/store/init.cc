// Volume::Init: an empty folder becomes a volume. Its commit point is the rename of volume.json, written last.
#include <algorithm>
#include <array>

#include "base/encoding.h"
#include "fs/file_ops.h"
#include "fs/temporary.h"
#include "journal/journal.h"
#include "store/fact_file.h"
#include "store/locked_volume.h"
#include "store/volume.h"
#include "tlog/checkpoint.h"

namespace lotmark::store {
namespace {

constexpr std::array kFolders = {kJournalFolder, kModelsFolder, kStagingFolder, kPoliciesFolder};

Error NotEmpty(const fs::Dir& root, const std::string& found) {
  return Refused(root.DisplayPath() + ": is not empty and not a volume: it holds " + Printable(found, 60),
                 "Give a new or an empty folder.");
}

// Only event 0 was ever written before volume.json, so a journal beyond it is one of a volume that lost its
// volume.json.
Status CheckJournal(fs::Dir& root) {
  const std::string path = Join(kJournalFolder, tlog::kCheckpointFile);
  const auto note = fs::ReadWholeFile(root, path, tlog::kMaxNoteBytes);
  if (!note && note.error().code == ErrorCode::kNotFound) return Ok();
  if (!note) return note.error();
  return tlog::StatedSize(AsText(*note)) <= 1 ? Ok() : NotEmpty(root, path);
}

// What an interrupted Init made holds nothing by which a version or a second policy could be told.
Status CheckLeftovers(fs::Dir& root, const std::string& name) {
  if (name == kJournalFolder) return CheckJournal(root);
  LOTMARK_ASSIGN_OR_RETURN(const std::unique_ptr<fs::Dir> folder, root.OpenDir(name));
  LOTMARK_ASSIGN_OR_RETURN(const std::vector<fs::Entry> entries, folder->List());
  size_t policies = 0;
  for (const fs::Entry& entry : entries) {
    const bool policy = name == kPoliciesFolder && ParseFactFileName(entry.name) && policies++ == 0;
    if (!policy && !fs::IsTemporary(entry.name)) return NotEmpty(root, Join(name, entry.name));
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
    if (entry.name == kPolicyLink && entry.kind == fs::EntryKind::kLink) continue;
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
  if (root.ReadLink(kPolicyLink)) LOTMARK_RETURN_IF_ERROR(root.RemoveFile(kPolicyLink));
  return root.Sync();
}

Status WriteVolume(fs::Dir& root, const NewVolume& what, const VolumeOptions& options) {
  const Uuid& volume_id = what.volume_id;
  LOTMARK_ASSIGN_OR_RETURN(const tlog::PrivateKey key, options.journal_key(volume_id));
  for (const std::string_view folder : kFolders) LOTMARK_RETURN_IF_ERROR(fs::MakeDirs(root, folder));
  journal::Event created;
  LOTMARK_ASSIGN_OR_RETURN(created.file_sha256, WriteFact(root, std::string(kPoliciesFolder), AsBytes(what.policy)));
  LOTMARK_RETURN_IF_ERROR(fs::ReplaceLinkAtomic(root, kPolicyLink, PolicyLinkText(*created.file_sha256)));
  created.time = options.clock.Now();
  created.actor = options.actor;
  created.kind = journal::EventKind::kVolumeCreated;
  created.model = what.primary_model;
  LOTMARK_ASSIGN_OR_RETURN(const std::unique_ptr<fs::Dir> journal, root.OpenDir(kJournalFolder));
  LOTMARK_RETURN_IF_ERROR(journal::Journal::Create(*journal, volume_id, key, created));
  const tlog::NoteVerifier verifier(journal::OriginOf(volume_id), key.public_key());
  const std::string text = FormatVolumeInfo({volume_id, what.primary_model, verifier});
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

Result<InitOutcome> Volume::Init(fs::Dir& root, const NewVolume& what, const VolumeOptions& options) {
  // Before the lock, which leaves a file: a folder that is somebody else's is not touched.
  if (IsThere(root.Stat(kVolumeFile))) return AlreadyVolume(root, what.primary_model);
  LOTMARK_RETURN_IF_ERROR(CheckEmpty(root));
  LOTMARK_ASSIGN_OR_RETURN(const auto lock, TakeVolumeLock(root, options.lock_wait));
  if (IsThere(root.Stat(kVolumeFile))) return AlreadyVolume(root, what.primary_model);
  LOTMARK_RETURN_IF_ERROR(CheckEmpty(root));
  LOTMARK_RETURN_IF_ERROR(ClearLeftovers(root));
  LOTMARK_RETURN_IF_ERROR(WriteVolume(root, what, options));
  return InitOutcome::kCreated;
}

}  // namespace lotmark::store
