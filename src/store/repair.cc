#include "store/repair.h"

#include <set>

#include "base/encoding.h"
#include "base/uuid.h"
#include "fs/file_ops.h"
#include "store/activation.h"
#include "store/pointer.h"
#include "store/staging.h"
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

Status SyncFolder(fs::Dir& root, std::string_view path) {
  LOTMARK_ASSIGN_OR_RETURN(const auto folder, root.OpenDir(path));
  return folder->Sync();
}

// Takes what is no link out of the way: into staging, which is swept. The move is across folders: both are synced, or
// what comes into its place would not survive either.
Status ClearPlace(fs::Dir& root, const std::string& path) {
  const auto found = root.Stat(path);
  if (!found && found.error().code == ErrorCode::kNotFound) return Ok();
  if (!found) return found.error();
  if (found->kind == fs::EntryKind::kLink) return Ok();
  // A copied version is read-only, and only who may write a folder may move it to another one.
  if (found->kind == fs::EntryKind::kFolder) LOTMARK_RETURN_IF_ERROR(root.MakeWritable(path));
  LOTMARK_RETURN_IF_ERROR(root.Rename(path, Join(kStagingFolder, Uuid::V4().text())));
  LOTMARK_RETURN_IF_ERROR(SyncFolder(root, kStagingFolder));
  const size_t slash = path.rfind('/');
  return slash == std::string::npos ? root.Sync() : SyncFolder(root, path.substr(0, slash));
}

// What lies there is a copy of a version, or nothing that lotmark made.
Status ClearPointer(fs::Dir& root, const ModelName& model) {
  return ClearPlace(root, Join(ModelPath(model), kActiveLink));
}

// A plain file in the place of a link for people, with the bytes of what such a link names: a copy has dereferenced it.
Status ClearCopy(fs::Dir& root, std::string_view link, const std::set<Digest>& named) {
  const auto found = root.Stat(link);
  if (!found || found->kind != fs::EntryKind::kFile) return Ok();  // what makes the link tells what is wrong with it
  LOTMARK_ASSIGN_OR_RETURN(const Bytes bytes, fs::ReadWholeFile(root, link, manifest::Manifest::kMaxBytes));
  return named.contains(Sha256Of(bytes)) ? ClearPlace(root, std::string(link)) : Ok();
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
    return Refused(repair.model.text() + ": " + repair.was + ", and the journal says that nothing is active",
                   "No event made that pointer, and services do not follow it: remove it, or activate a version.");
  }
  const auto* registered = volume.history().FindRegistered(repair.model, *repair.version);
  LOTMARK_RETURN_IF_ERROR(CheckWhole(reader, repair.model, *repair.version, registered->manifest_sha256));
  journal::Event event =
      MakeEvent(journal::EventKind::kRepairing, repair.model, *repair.version, registered->manifest_sha256);
  event.reason = Printable(reason + ": " + repair.was, journal::Event::kMaxReasonBytes / 2);
  LOTMARK_RETURN_IF_ERROR(volume.Record(event));
  Status moved = ClearPointer(volume.root(), repair.model);
  if (moved) moved = MovePointer(volume.root(), repair.model, *repair.version);
  if (!moved) {
    if (moved.error().code == ErrorCode::kUnconfirmed) return moved;
    return volume.Abandon(event, std::move(moved).error());
  }
  event.kind = journal::EventKind::kRepaired;
  const auto recorded = volume.Record(event);
  return recorded ? Ok() : Unconfirmed("the pointer has moved", recorded.error());
}

// What keeps recovery from its work goes first: what lies in the pointer's place of an open move, for it cannot be told
// how that ended.
Status ClearWay(const Workplace& place, const Reader& reader) {
  LOTMARK_ASSIGN_OR_RETURN(const auto lock, TakeVolumeLock(place.root, place.lock_wait));
  LOTMARK_ASSIGN_OR_RETURN(const auto events, reader.History());
  LOTMARK_ASSIGN_OR_RETURN(const auto history, journal::FoldEvents(events));
  const auto& intent = history.open_intent;
  if (!intent || !journal::IsPointerIntent(intent->kind)) return Ok();
  return ReadPointer(place.root, *intent->model) ? Ok() : ClearPointer(place.root, *intent->model);
}

Status RepairTopLink(LockedVolume& volume) {
  const ModelName& primary = volume.place().info.primary_model;
  if (!volume.history().ActiveByEvents(primary)) return Ok();
  std::set<Digest> manifests;
  for (const auto& at : volume.history().registered) manifests.insert(at.manifest_sha256);
  LOTMARK_RETURN_IF_ERROR(ClearCopy(volume.root(), kManifestFile, manifests));
  return EnsureTopLink(volume.root(), primary);
}

}  // namespace

Result<std::vector<Repair>> RepairPointers(const Workplace& place, const Reader& reader, const std::string& reason) {
  LOTMARK_RETURN_IF_ERROR(CheckReason(reason));
  LOTMARK_RETURN_IF_ERROR(ClearWay(place, reader));
  LOTMARK_ASSIGN_OR_RETURN(LockedVolume volume, LockedVolume::Take(place));
  LOTMARK_RETURN_IF_ERROR(RepairTopLink(volume));
  std::vector<Repair> repairs;
  for (const ModelName& model : ModelsOf(volume)) {
    Repair repair{model, volume.history().ActiveByEvents(model), ""};
    repair.was = Difference(volume.root(), model, repair.version);
    if (repair.was.empty()) continue;
    LOTMARK_RETURN_IF_ERROR(RepairOne(volume, reader, repair, reason));
    repairs.push_back(std::move(repair));
  }
  (void)SweepStaging(place.root);  // what stays is no harm, and the next command takes it
  return repairs;
}

}  // namespace lotmark::store
