#include "store/repair.h"

#include <set>

#include "base/encoding.h"
#include "base/uuid.h"
#include "fs/file_ops.h"
#include "store/activation.h"
#include "store/pointer.h"
#include "store/verification.h"

namespace lotmark::store {
namespace {

// What lies where the pointer should: "" when it names `wanted`.
std::string Difference(fs::Dir& root, const ModelName& model, const std::optional<Version>& wanted) {
  const auto pointer = ReadPointer(root, model);
  if (!pointer) return pointer.error().text;
  if (*pointer == wanted) return "";
  return *pointer ? "it named " + (*pointer)->text() : "it was missing";
}

// Takes what is no link out of the way: into staging, which the next command sweeps. It is a copy of a version, or
// nothing that lotmark made.
Status ClearPlace(fs::Dir& root, const ModelName& model) {
  const std::string path = Join(ModelPath(model), kActiveLink);
  const auto found = root.Stat(path);
  if (!found && found.error().code == ErrorCode::kNotFound) return Ok();
  if (!found) return found.error();
  if (found->kind == fs::EntryKind::kLink) return Ok();
  LOTMARK_RETURN_IF_ERROR(root.Rename(path, Join(kStagingFolder, Uuid::V4().text())));
  LOTMARK_ASSIGN_OR_RETURN(const auto folder, root.OpenDir(ModelPath(model)));
  return folder->Sync();
}

Status CheckWhole(const Reader& reader, const ModelName& model, const Version& version, const Digest& registered) {
  LOTMARK_ASSIGN_OR_RETURN(const OpenedVersion opened, reader.OpenVersion(model, version));
  LOTMARK_ASSIGN_OR_RETURN(const VerifyReport report, VerifyVersion(opened, registered, {}));
  if (report.ok()) return Ok();
  return Refused("the pointer cannot be repaired: " + report.Bad().front().Message(),
                 "Restore the version's files from a backup first.");
}

std::set<ModelName> ModelsOf(const LockedVolume& volume) {
  std::set<ModelName> models;
  for (const auto& at : volume.history().registered) models.insert(at.model);
  return models;
}

// One model whose pointer is not as the journal says. An intent that is found open afterwards is completed or abandoned
// by where the pointer then is.
Status RepairOne(LockedVolume& volume, const Reader& reader, const Repair& repair, const std::string& reason) {
  if (!repair.version) {
    LOTMARK_RETURN_IF_ERROR(ClearPlace(volume.root(), repair.model));
    return RemovePointer(volume.root(), repair.model);
  }
  const auto* registered = volume.history().FindRegistered(repair.model, *repair.version);
  LOTMARK_RETURN_IF_ERROR(CheckWhole(reader, repair.model, *repair.version, registered->manifest_sha256));
  journal::Event event =
      MakeEvent(journal::EventKind::kRepairing, repair.model, *repair.version, registered->manifest_sha256);
  event.reason = Printable(reason + ": " + repair.was, journal::Event::kMaxReasonBytes / 2);
  LOTMARK_RETURN_IF_ERROR(volume.Record(event));
  Status moved = ClearPlace(volume.root(), repair.model);
  if (moved) moved = MovePointer(volume.root(), repair.model, *repair.version);
  if (!moved) {
    if (moved.error().code == ErrorCode::kUnconfirmed) return moved;
    return volume.Abandon(event, std::move(moved).error());
  }
  event.kind = journal::EventKind::kRepaired;
  const auto recorded = volume.Record(event);
  return recorded ? Ok() : Unconfirmed("the pointer has moved", recorded.error());
}

// A copy of the volume that followed links has left the active version's manifest in the place of the link to it.
Status RestoreTopLink(fs::Dir& root, const ModelName& primary, const Version& active) {
  const auto copy = fs::ReadWholeFile(root, kManifestFile, manifest::Manifest::kMaxBytes);
  const auto original =
      fs::ReadWholeFile(root, Join(VersionPath(primary, active), kManifestFile), manifest::Manifest::kMaxBytes);
  if (copy && original && *copy == *original) return fs::ReplaceLinkAtomic(root, kManifestFile, TopLinkText(primary));
  return EnsureTopLink(root, primary);
}

// Recovery cannot tell how a move ended whose pointer is no link: that entry goes first.
Status ClearOpenMove(const Workplace& place, const Reader& reader) {
  LOTMARK_ASSIGN_OR_RETURN(const auto lock, TakeVolumeLock(place.root, place.lock_wait));
  LOTMARK_ASSIGN_OR_RETURN(const auto events, reader.History());
  LOTMARK_ASSIGN_OR_RETURN(const auto history, journal::FoldEvents(events));
  const auto& intent = history.open_intent;
  if (!intent || !journal::IsPointerIntent(intent->kind)) return Ok();
  return ReadPointer(place.root, *intent->model) ? Ok() : ClearPlace(place.root, *intent->model);
}

}  // namespace

Result<std::vector<Repair>> RepairPointers(const Workplace& place, const Reader& reader, const std::string& reason) {
  LOTMARK_RETURN_IF_ERROR(CheckReason(reason));
  LOTMARK_RETURN_IF_ERROR(ClearOpenMove(place, reader));
  LOTMARK_ASSIGN_OR_RETURN(LockedVolume volume, LockedVolume::Take(place));
  std::vector<Repair> repairs;
  for (const ModelName& model : ModelsOf(volume)) {
    Repair repair{model, volume.history().ActiveByEvents(model), ""};
    repair.was = Difference(volume.root(), model, repair.version);
    if (repair.was.empty()) continue;
    LOTMARK_RETURN_IF_ERROR(RepairOne(volume, reader, repair, reason));
    repairs.push_back(std::move(repair));
  }
  const ModelName& primary = place.info.primary_model;
  if (const auto active = volume.history().ActiveByEvents(primary)) {
    LOTMARK_RETURN_IF_ERROR(RestoreTopLink(volume.root(), primary, *active));
  }
  return repairs;
}

}  // namespace lotmark::store
