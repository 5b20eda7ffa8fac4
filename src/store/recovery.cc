#include "store/recovery.h"

#include "fs/file_ops.h"
#include "fs/temporary.h"
#include "manifest/manifest.h"
#include "store/fact_file.h"
#include "store/layout.h"
#include "store/pointer.h"
#include "store/staging.h"
#include "store/version_folder.h"

namespace lotmark::store {
namespace {

Status SyncFolder(fs::Dir& root, const std::string& path) {
  LOTMARK_ASSIGN_OR_RETURN(const std::unique_ptr<fs::Dir> folder, root.OpenDir(path));
  return folder->Sync();
}

// True when the version's folder is there with the manifest of the intent. It got its name complete or not at all.
Result<bool> VersionIsInPlace(fs::Dir& root, const journal::Event& intent) {
  auto folder = root.OpenDir(VersionPath(*intent.model, *intent.version));
  if (!folder && folder.error().code == ErrorCode::kNotFound) return false;
  if (!folder) return std::move(folder).error();
  LOTMARK_ASSIGN_OR_RETURN(const Bytes bytes,
                           fs::ReadWholeFile(**folder, kManifestFile, manifest::Manifest::kMaxBytes));
  if (Sha256Of(bytes) == *intent.manifest_sha256) return true;
  return Refused(Join(root.DisplayPath(), VersionPath(*intent.model, *intent.version)) + ": is not what event " +
                 std::to_string(intent.index) + " was registering: its manifest is another");
}

Result<bool> ResolveRegistering(fs::Dir& root, const journal::Event& intent) {
  LOTMARK_ASSIGN_OR_RETURN(const bool in_place, VersionIsInPlace(root, intent));
  if (in_place) LOTMARK_RETURN_IF_ERROR(SettleVersion(root, *intent.model, *intent.version));
  return in_place;
}

// What the running system shows may still be undone by a power loss, so the folder is synced before it is believed.
Result<bool> ResolveMove(fs::Dir& root, const journal::Event& intent) {
  LOTMARK_RETURN_IF_ERROR(SyncFolder(root, ModelPath(*intent.model)));
  const auto pointer = ReadPointer(root, *intent.model);
  if (pointer) return *pointer == intent.version;
  // What a repair was to replace is still there: the event that says so changes nothing of what should be active.
  const bool still_broken =
      intent.kind == journal::EventKind::kRepairing && pointer.error().code == ErrorCode::kRefused;
  return still_broken ? Result<bool>(false) : pointer.error();
}

Result<bool> ResolveStopping(fs::Dir& root, const journal::Event& intent) {
  LOTMARK_RETURN_IF_ERROR(SyncFolder(root, ModelPath(*intent.model)));
  LOTMARK_ASSIGN_OR_RETURN(const std::optional<Version> pointer, ReadPointer(root, *intent.model));
  return !pointer.has_value();
}

Result<bool> IsCompleted(fs::Dir& root, const journal::Event& intent) {
  if (intent.kind == journal::EventKind::kRegistering) return ResolveRegistering(root, intent);
  return intent.kind == journal::EventKind::kStopping ? ResolveStopping(root, intent) : ResolveMove(root, intent);
}

std::string Why(journal::EventKind intent, bool completed) {
  if (intent == journal::EventKind::kRegistering) {
    return completed ? "the version's folder is in place" : "the version's folder is not there";
  }
  if (intent == journal::EventKind::kStopping) return completed ? "the pointer is gone" : "the pointer is still there";
  return completed ? "the pointer names the version" : "the pointer does not name the version";
}

Status SweepModelFolders(fs::Dir& root) {
  LOTMARK_ASSIGN_OR_RETURN(const std::unique_ptr<fs::Dir> models, root.OpenDir(kModelsFolder));
  LOTMARK_ASSIGN_OR_RETURN(const std::vector<fs::Entry> entries, models->List());
  for (const fs::Entry& entry : entries) {
    if (entry.kind != fs::EntryKind::kFolder) continue;
    LOTMARK_ASSIGN_OR_RETURN(const std::unique_ptr<fs::Dir> model, models->OpenDir(entry.name));
    LOTMARK_RETURN_IF_ERROR(fs::SweepTemporaries(*model));
  }
  return Ok();
}

}  // namespace

Status SweepLeftovers(fs::Dir& root, journal::Journal& journal, const journal::VolumeHistory& history) {
  LOTMARK_RETURN_IF_ERROR(journal.Recover());
  LOTMARK_RETURN_IF_ERROR(fs::SweepTemporaries(root));
  LOTMARK_RETURN_IF_ERROR(SweepModelFolders(root));
  LOTMARK_RETURN_IF_ERROR(SweepFacts(root, history));
  LOTMARK_RETURN_IF_ERROR(EnsurePolicyLink(root, history));
  return SweepStaging(root);
}

Result<journal::Event> ResolveIntent(fs::Dir& root, const journal::Event& intent) {
  LOTMARK_ASSIGN_OR_RETURN(const bool completed, IsCompleted(root, intent));
  journal::Event event = intent;
  event.kind = journal::EventKind::kRecovered;
  event.outcome = completed ? journal::Outcome::kCompleted : journal::Outcome::kAbandoned;
  event.reason = std::string(journal::EventKindName(intent.kind)) + " was interrupted: " + Why(intent.kind, completed);
  return event;
}

}  // namespace lotmark::store
