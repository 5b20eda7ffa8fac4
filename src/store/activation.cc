#include "store/activation.h"

#include "base/encoding.h"
#include "store/pointer.h"
#include "store/verification.h"

namespace lotmark::store {
namespace {

Status CheckServable(const OpenedVersion& opened) {
  const std::vector<std::string> missing = opened.manifest.MissingForServing(manifest::Format::kOnnx);
  if (missing.empty()) return Ok();
  std::string listed;
  for (const std::string& field : missing) listed += (listed.empty() ? "" : ", ") + field;
  return Refused(opened.model.text() + " " + opened.version.text() + " cannot be served: its manifest lacks " + listed,
                 "A guessed default would be a silent clinical error: register a new version whose manifest says it.");
}

Status CheckFiles(const OpenedVersion& opened, const Digest& registered, const ProgressFn& progress) {
  LOTMARK_ASSIGN_OR_RETURN(const VerifyReport report, VerifyVersion(opened, registered, progress));
  const std::vector<FileReport> bad = report.Bad();
  if (bad.empty()) return Ok();
  std::string more;
  if (bad.size() > 1) more = " (and " + std::to_string(bad.size() - 1) + " more)";
  return Refused(bad.front().Message() + more, "`lotmark verify` lists every file that is not as registered.");
}

// That the version may become active. Long: no lock is held.
Status Prove(const OpenedVersion& opened, const MoveRequest& request, const MoveDecision& decision) {
  LOTMARK_RETURN_IF_ERROR(CheckFiles(opened, decision.manifest_sha256, request.progress));
  return request.check ? request.check(opened) : Ok();
}

Result<MoveDecision> Choose(const LockedVolume& volume, const MoveRequest& request) {
  LOTMARK_ASSIGN_OR_RETURN(const auto pointer, ReadPointer(volume.root(), request.model));
  return request.choose(volume.history(), pointer);
}

// From the intent to the done event. Where the outcome is not known the intent stays open for the next command's
// recovery.
Status Move(LockedVolume& volume, const MoveRequest& request, const MoveDecision& decision) {
  const VolumeInfo& info = volume.place().info;
  if (request.model == info.primary_model) LOTMARK_RETURN_IF_ERROR(EnsureTopLink(volume.root(), info.primary_model));
  journal::Event event = MakeEvent(decision.intent, request.model, decision.target, decision.manifest_sha256);
  event.previous = decision.previous;
  event.reason = request.reason;
  LOTMARK_RETURN_IF_ERROR(volume.Record(event));

  if (Status moved = MovePointer(volume.root(), request.model, decision.target); !moved) {
    if (moved.error().code == ErrorCode::kUnconfirmed) return moved;
    return volume.Abandon(event, std::move(moved).error());
  }
  event.kind = decision.done;
  const auto recorded = volume.Record(event);
  return recorded ? Ok() : Unconfirmed("the pointer has moved", recorded.error());
}

PointerMove Answer(const MoveRequest& request, const MoveDecision& decision) {
  return {decision.outcome, request.model, decision.target, decision.manifest_sha256, decision.previous};
}

}  // namespace

Result<PointerMove> MoveActive(const Workplace& place, const Reader& reader, const MoveRequest& request) {
  LOTMARK_RETURN_IF_ERROR(CheckReason(request.reason));
  std::optional<MoveDecision> proven;
  std::optional<OpenedVersion> opened;
  {
    LOTMARK_ASSIGN_OR_RETURN(const LockedVolume volume, LockedVolume::Take(place));
    LOTMARK_ASSIGN_OR_RETURN(proven, Choose(volume, request));
    LOTMARK_ASSIGN_OR_RETURN(opened, reader.OpenVersion(request.model, proven->target));
    if (proven->outcome == MoveOutcome::kMoved) LOTMARK_RETURN_IF_ERROR(CheckServable(*opened));
    // Asked before the long work, so that nobody waits for a refusal, and again below, when it decides.
    if (request.permit && proven->outcome == MoveOutcome::kMoved) {
      LOTMARK_RETURN_IF_ERROR(request.permit(*opened, volume.history()));
    }
  }
  if (proven->outcome == MoveOutcome::kAlreadyActive) return Answer(request, *proven);
  LOTMARK_RETURN_IF_ERROR(Prove(*opened, request, *proven));

  LOTMARK_ASSIGN_OR_RETURN(LockedVolume volume, LockedVolume::Take(place));
  LOTMARK_ASSIGN_OR_RETURN(const MoveDecision decision, Choose(volume, request));
  if (decision.target != proven->target || decision.manifest_sha256 != proven->manifest_sha256) {
    return Error{ErrorCode::kBusy,
                 request.model.text() + ": another command moved the pointer while " + proven->target.text() +
                     " was being checked",
                 "Look at `lotmark status`, then run the command again if it is still wanted."};
  }
  if (decision.outcome != MoveOutcome::kMoved) return Answer(request, decision);
  if (request.permit) LOTMARK_RETURN_IF_ERROR(request.permit(*opened, volume.history()));
  LOTMARK_RETURN_IF_ERROR(Move(volume, request, decision));
  return Answer(request, decision);
}

}  // namespace lotmark::store
