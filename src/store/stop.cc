#include "store/stop.h"

#include "store/pointer.h"

namespace lotmark::store {
namespace {

Error NotRegistered(const ModelName& model, const Version& version) {
  return NotFound(model.text() + " " + version.text() + " is not registered in this volume",
                  "`lotmark list` shows the versions.");
}

// The pointer counts as well as the events: a version that a hand has made active is active.
bool IsActive(const LockedVolume& volume, const ModelName& model, const Version& version) {
  const auto pointer = ReadPointer(volume.root(), model);
  return volume.history().ActiveByEvents(model) == version || (pointer && *pointer == version);
}

}  // namespace

Result<Quarantined> Quarantine(const Workplace& place, const ModelName& model, const Version& version,
                               const std::string& reason, bool leaves) {
  LOTMARK_RETURN_IF_ERROR(CheckReason(reason));
  LOTMARK_ASSIGN_OR_RETURN(LockedVolume volume, LockedVolume::Take(place));
  const auto* registered = volume.history().FindRegistered(model, version);
  if (registered == nullptr) return NotRegistered(model, version);
  Quarantined done{.was_quarantined = volume.history().FindQuarantine(model, version) != nullptr,
                   .is_active = IsActive(volume, model, version),
                   .manifest_sha256 = registered->manifest_sha256};
  if (done.is_active && !leaves) {
    return Refused(
        model.text() + " " + version.text() + " is active: say what becomes of it",
        "--rollback goes back to the version before; --stop leaves nothing active, and services answer 503.");
  }
  if (done.was_quarantined) return done;
  journal::Event event = MakeEvent(journal::EventKind::kQuarantined, model, version, done.manifest_sha256);
  event.reason = reason;
  LOTMARK_RETURN_IF_ERROR(volume.Record(std::move(event)));
  return done;
}

Status StopActive(const Workplace& place, const ModelName& model, const Version& version, const std::string& reason) {
  LOTMARK_RETURN_IF_ERROR(CheckReason(reason));
  LOTMARK_ASSIGN_OR_RETURN(LockedVolume volume, LockedVolume::Take(place));
  const std::optional<Version> active = volume.history().ActiveByEvents(model);
  LOTMARK_ASSIGN_OR_RETURN(const std::optional<Version> pointer, ReadPointer(volume.root(), model));
  if (!active && !pointer) return Ok();
  if (active != version || pointer != active) {
    return Refused("cannot stop " + model.text() + " " + version.text() + ": the pointer names " +
                       (pointer ? pointer->text() : "nothing") + ", the last event says " +
                       (active ? active->text() : "nothing"),
                   "`lotmark repair` makes the pointer again as the journal says.");
  }
  const auto* registered = volume.history().FindRegistered(model, version);
  journal::Event event = MakeEvent(journal::EventKind::kStopping, model, version, registered->manifest_sha256);
  event.reason = reason;
  LOTMARK_RETURN_IF_ERROR(volume.Record(event));
  if (Status removed = RemovePointer(volume.root(), model); !removed) {
    if (removed.error().code == ErrorCode::kUnconfirmed) return removed;
    return volume.Abandon(event, std::move(removed).error());
  }
  event.kind = journal::EventKind::kStopped;
  const auto recorded = volume.Record(event);
  return recorded ? Ok() : Unconfirmed("the pointer was removed", recorded.error());
}

}  // namespace lotmark::store
