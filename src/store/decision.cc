#include "store/decision.h"

#include <algorithm>

namespace lotmark::store {
namespace {

std::string NameOf(const ModelName& model, const Version& version) { return model.text() + " " + version.text(); }

Status CheckModelName(const journal::VolumeHistory& history, const ModelName& primary_model, const ModelName& model) {
  const auto collides = [&](const ModelName& other) { return other.CollidesWith(model) && other != model; };
  const auto found = std::find_if(history.registered.begin(), history.registered.end(),
                                  [&](const journal::RegisteredVersion& at) { return collides(at.model); });
  if (!collides(primary_model) && found == history.registered.end()) return Ok();
  const ModelName& other = collides(primary_model) ? primary_model : found->model;
  return Refused("model_name: " + model.text() + ": differs only in case from the model " + other.text() +
                 " of this volume");
}

Error NeverReused(const journal::RegisteredVersion& taken, const Digest& digest) {
  return Refused("version: " + NameOf(taken.model, taken.version) + " is registered with another manifest (" +
                     taken.manifest_sha256.hex() + ", this one is " + digest.hex() + ")",
                 "A version id is never reused: give the new bytes a new version.");
}

std::vector<journal::Activation>::const_iterator FindActivation(const journal::ModelHistory& history,
                                                                const Version& version) {
  return std::find_if(history.activations.begin(), history.activations.end(),
                      [&](const journal::Activation& at) { return at.version == version; });
}

Error CannotGoBackTo(const journal::ModelHistory& history, const ModelName& model, const Version& to) {
  const bool ever = std::find(history.ever_active.begin(), history.ever_active.end(), to) != history.ever_active.end();
  const std::string why =
      ever ? ": it was rolled back from, or is active now" : ": it was never active, so there is no going back to it";
  return Refused("cannot roll back to " + NameOf(model, to) + why, "Coming forward is `lotmark activate`.");
}

Result<Version> ChooseTarget(const journal::VolumeHistory& volume, const ModelName& model,
                             const std::optional<Version>& to) {
  const journal::ModelHistory history = volume.Of(model);
  if (!to) {
    const std::optional<Version> target = journal::RollbackTarget(volume, model);
    if (target) return *target;
    return Refused("cannot roll back " + model.text() +
                       ": no earlier version was active, or all were rolled back from or "
                       "quarantined",
                   "`lotmark history` shows what was active; `lotmark activate` can choose any version.");
  }
  const auto found = FindActivation(history, *to);
  if (volume.FindQuarantine(model, *to) != nullptr) {
    return Refused("cannot roll back to " + NameOf(model, *to) + ": it is quarantined");
  }
  const bool active_now = !history.stopped && !history.activations.empty() && history.activations.back().version == *to;
  if (found == history.activations.end() || active_now) return CannotGoBackTo(history, model, *to);
  return *to;
}

}  // namespace

Result<RegisterOutcome> DecideRegistration(const journal::VolumeHistory& history, const ModelName& primary_model,
                                           const ModelName& model, const Version& version, const Digest& digest) {
  LOTMARK_RETURN_IF_ERROR(CheckModelName(history, primary_model, model));
  for (const journal::RegisteredVersion& at : history.registered) {
    if (at.model != model || !at.version.CollidesWith(version)) continue;
    if (at.version == version && at.manifest_sha256 == digest) return RegisterOutcome::kAlreadyRegistered;
    if (at.version == version) return NeverReused(at, digest);
    return Refused("version: " + NameOf(model, version) + " differs only in case from the registered " +
                   at.version.text());
  }
  return RegisterOutcome::kRegistered;
}

Result<MoveDecision> DecideActivation(const journal::VolumeHistory& history, const std::optional<Version>& pointer,
                                      const ModelName& model, const Version& version) {
  const journal::RegisteredVersion* registered = history.FindRegistered(model, version);
  if (registered == nullptr) {
    return NotFound(NameOf(model, version) + " is not registered in this volume", "`lotmark list` shows the versions.");
  }
  if (const auto* quarantine = history.FindQuarantine(model, version)) {
    return Refused(NameOf(model, version) + " is quarantined (event " + std::to_string(quarantine->event) +
                       "), so it cannot be active",
                   "`lotmark history` tells why. A quarantine is not lifted: register a new version.");
  }
  const bool already = pointer == version && history.ActiveByEvents(model) == version;
  return MoveDecision{already ? MoveOutcome::kAlreadyActive : MoveOutcome::kMoved,
                      version,
                      registered->manifest_sha256,
                      pointer,
                      journal::EventKind::kActivating,
                      journal::EventKind::kActivated};
}

Result<MoveDecision> DecideRollback(const journal::VolumeHistory& history, const std::optional<Version>& pointer,
                                    const ModelName& model, const std::optional<Version>& to) {
  const std::optional<Version> by_events = history.ActiveByEvents(model);
  if (pointer != by_events) {
    return Refused("cannot roll back " + model.text() + ": the pointer names " +
                       (pointer ? pointer->text() : "nothing") + ", the last event says " +
                       (by_events ? by_events->text() : "nothing"),
                   "The pointer was moved by hand: activate the version that should be active.");
  }
  LOTMARK_ASSIGN_OR_RETURN(const Version target, ChooseTarget(history, model, to));
  const journal::RegisteredVersion* registered = history.FindRegistered(model, target);
  if (registered == nullptr) return NotFound(NameOf(model, target) + " is not registered in this volume");
  return MoveDecision{MoveOutcome::kMoved,
                      target,
                      registered->manifest_sha256,
                      pointer,
                      journal::EventKind::kRollingBack,
                      journal::EventKind::kRolledBack};
}

}  // namespace lotmark::store
