#include "serve/standing.h"

#include <algorithm>

namespace lotmark::serve {
namespace {

using journal::Activation;
using journal::EventKind;
using journal::ModelHistory;

bool Contains(const std::vector<Digest>& digests, const Digest& digest) {
  return std::find(digests.begin(), digests.end(), digest) != digests.end();
}

auto FindActivation(const std::vector<Activation>& activations, const Version& version) {
  return std::find_if(activations.begin(), activations.end(),
                      [&](const Activation& at) { return at.version == version; });
}

// The pointer is where the open intent was to take it; of a stop: gone.
bool IntentIsDone(const journal::VolumeHistory& history, const ModelName& model, const store::PointerReading& pointer) {
  const auto& intent = history.open_intent;
  if (!intent || intent->model != model || !pointer.problem.empty()) return false;
  if (intent->kind == EventKind::kStopping) return !pointer.version;
  return pointer.version && pointer.version == intent->version;
}

// What the done event of `intent` will make of the activations.
void CountAsDone(const journal::Event& intent, ModelHistory& history) {
  std::vector<Activation>& activations = history.activations;
  if (intent.kind == EventKind::kStopping) history.stopped = true;
  if (intent.kind != EventKind::kRollingBack && intent.kind != EventKind::kActivating) return;
  history.stopped = false;
  const auto earlier = FindActivation(activations, *intent.version);
  if (intent.kind == EventKind::kRollingBack && earlier != activations.end()) {
    activations.erase(earlier + 1, activations.end());
  }
  if (intent.kind == EventKind::kActivating) {
    if (earlier != activations.end()) activations.erase(earlier);
    activations.push_back({*intent.version, intent.index});
  }
}

Error NotAuthorised(const std::string& why) {
  return Refused("pointer not authorised: " + why,
                 "Only lotmark moves the pointer: `lotmark status` and `lotmark history` tell what it should name.");
}

}  // namespace

Standing StandingOf(const journal::VolumeHistory& history, const ModelName& model,
                    const store::PointerReading& pointer) {
  ModelHistory moves = history.Of(model);
  if (IntentIsDone(history, model, pointer)) CountAsDone(*history.open_intent, moves);
  Standing standing;
  for (const journal::VersionFact& at : history.quarantined) {
    if (at.model != model) continue;
    if (const auto* registered = history.FindRegistered(model, at.version)) {
      standing.quarantined.push_back(registered->manifest_sha256);
    }
  }
  standing.stopped = moves.stopped;
  for (const Version& version : moves.ever_active) {
    const auto* registered = history.FindRegistered(model, version);
    if (FindActivation(moves.activations, version) != moves.activations.end() || registered == nullptr) continue;
    standing.rolled_back_from.push_back(registered->manifest_sha256);
  }
  if (moves.stopped || moves.activations.empty()) return standing;
  const Version& active = moves.activations.back().version;
  if (const auto* registered = history.FindRegistered(model, active)) {
    standing.active = VersionIdentity{model, active, registered->manifest_sha256};
  }
  return standing;
}

Status Authorise(const Standing& standing, const VersionIdentity& named) {
  const std::string name = named.version.text();
  if (standing.stopped) return NotAuthorised("it names " + name + ", and the model was stopped");
  if (!standing.active) return NotAuthorised("it names " + name + ", and no event made a version active");
  const VersionIdentity& active = *standing.active;
  if (active.version != named.version) {
    return NotAuthorised("it names " + name + ", and the events make " + active.version.text() + " the active version");
  }
  if (active.manifest_sha256 != named.manifest_sha256) {
    return NotAuthorised("the manifest of " + name + " was changed: registered " + active.manifest_sha256.hex() +
                         ", found " + named.manifest_sha256.hex());
  }
  if (Contains(standing.quarantined, named.manifest_sha256)) return NotAuthorised(name + " is in quarantine");
  return Ok();
}

std::optional<Withdrawal> WithdrawalOf(const Standing& standing, const VersionIdentity& serving) {
  using Leave = Withdrawal::Leave;
  const bool quarantined = Contains(standing.quarantined, serving.manifest_sha256);
  if (standing.stopped) {
    return Withdrawal{quarantined ? "was stopped and is in quarantine" : "was stopped", Leave::kAtOnce};
  }
  if (quarantined) {
    return Withdrawal{"is in quarantine", Leave::kForAnother};
  }
  if (Contains(standing.rolled_back_from, serving.manifest_sha256)) {
    return Withdrawal{"was rolled back from", Leave::kForAnother};
  }
  return std::nullopt;
}

}  // namespace lotmark::serve
