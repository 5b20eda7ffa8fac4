#include "journal/history.h"

#include <algorithm>

namespace lotmark::journal {
namespace {

bool IsDone(EventKind kind) {
  return kind == EventKind::kRegistered || kind == EventKind::kActivated || kind == EventKind::kRolledBack ||
         kind == EventKind::kStopped || kind == EventKind::kRepaired;
}

Error Contradiction(const Event& event, std::string_view why) {
  return Refused("event " + std::to_string(event.index) + " (" + std::string(EventKindName(event.kind)) +
                 "): " + std::string(why));
}

bool SameSubject(const Event& a, const Event& b) {
  return a.model == b.model && a.version == b.version && a.manifest_sha256 == b.manifest_sha256;
}

auto FindActivation(ModelHistory& history, const Version& version) {
  return std::find_if(history.activations.begin(), history.activations.end(),
                      [&](const Activation& at) { return at.version == version; });
}

// Applies events one by one; each step checks that it may follow what came before.
class Folder {
 public:
  explicit Folder(VolumeHistory& history) : history_(history) {}

  Status Apply(const Event& event) {
    if ((event.index == 0) != (event.kind == EventKind::kVolumeCreated)) {
      return Contradiction(event, "volume_created is event 0, and only event 0 is");
    }
    if (event.index > 0 && event.policy_sha256 != history_.policy_sha256) {
      return Contradiction(event, "another policy was in force");
    }
    history_.last_time = event.time;
    if (event.file_sha256) history_.files.insert(*event.file_sha256);
    if (history_.open_intent) return Close(event);
    if (IsDone(event.kind) || event.kind == EventKind::kRecovered) {
      return Contradiction(event, "no open intent precedes it");
    }
    if (DoneOf(event.kind)) {
      history_.open_intent = event;
      return Ok();
    }
    return Stated(event);
  }

 private:
  Status Close(const Event& event) {
    const Event intent = *std::exchange(history_.open_intent, std::nullopt);
    const EventKind done = *DoneOf(intent.kind);
    if (!SameSubject(intent, event) || (event.kind != done && event.kind != EventKind::kRecovered)) {
      return Contradiction(event, "it does not close event " + std::to_string(intent.index) + " (" +
                                      std::string(EventKindName(intent.kind)) + ") before it");
    }
    if (event.outcome == Outcome::kAbandoned) return Ok();
    return Happened(done, event);
  }

  Status Happened(EventKind what, const Event& event) {
    if (what == EventKind::kRegistered) return Registered(event);
    LOTMARK_RETURN_IF_ERROR(CheckRegistered(event));
    ModelHistory& model = history_.models[*event.model];
    if (what == EventKind::kActivated) return Activated(model, event);
    if (what == EventKind::kRolledBack) return RolledBack(model, event);
    if (what == EventKind::kStopped) return Stopped(model, event);
    if (history_.ActiveByEvents(*event.model) == event.version) return Ok();
    return Contradiction(event, "the version was not the active one");
  }

  // Events that are facts by themselves.
  Status Stated(const Event& event) {
    if (event.kind == EventKind::kVolumeCreated || event.kind == EventKind::kPolicyChanged) {
      history_.policy_sha256 = *event.file_sha256;
      history_.policy_event = event.index;
    }
    if (event.kind == EventKind::kKeyRevoked) history_.revoked.emplace(*event.key_id, event.index);
    if (event.proposed_policy_sha256) {
      history_.policy_approvals.push_back({*event.proposed_policy_sha256, event.index, *event.file_sha256});
    }
    if (!event.version) return Ok();
    LOTMARK_RETURN_IF_ERROR(CheckRegistered(event));
    const VersionFact fact{*event.model, *event.version, event.index, event.file_sha256, event.evidence.value_or("")};
    if (event.kind == EventKind::kEvidenceAdded) history_.evidence.push_back(fact);
    if (event.kind == EventKind::kApproved) history_.approvals.push_back(fact);
    if (event.kind != EventKind::kQuarantined) return Ok();
    if (history_.FindQuarantine(fact.model, fact.version) != nullptr) {
      return Contradiction(event, "the version was quarantined before");
    }
    history_.quarantined.push_back(fact);
    return Ok();
  }

  Status CheckRegistered(const Event& event) const {
    const RegisteredVersion* registered = history_.FindRegistered(*event.model, *event.version);
    if (registered != nullptr && registered->manifest_sha256 == *event.manifest_sha256) return Ok();
    return Contradiction(event, "no version with this digest was registered");
  }

  Status Registered(const Event& event) {
    if (history_.FindRegistered(*event.model, *event.version) != nullptr) {
      return Contradiction(event, "the version was registered before");
    }
    history_.registered.push_back({*event.model, *event.version, *event.manifest_sha256, event.index});
    return Ok();
  }

  static Status Activated(ModelHistory& model, const Event& event) {
    if (const auto earlier = FindActivation(model, *event.version); earlier != model.activations.end()) {
      model.activations.erase(earlier);
    }
    model.activations.push_back({*event.version, event.index});
    model.stopped = false;
    if (std::find(model.ever_active.begin(), model.ever_active.end(), *event.version) == model.ever_active.end()) {
      model.ever_active.push_back(*event.version);
    }
    return Ok();
  }

  static Status RolledBack(ModelHistory& model, const Event& event) {
    const auto target = FindActivation(model, *event.version);
    if (target == model.activations.end()) return Contradiction(event, "the version was not active before");
    model.activations.erase(target + 1, model.activations.end());
    model.activations.back().event = event.index;
    model.stopped = false;
    return Ok();
  }

  static Status Stopped(ModelHistory& model, const Event& event) {
    if (model.stopped || model.activations.empty() || model.activations.back().version != *event.version) {
      return Contradiction(event, "the version was not the active one");
    }
    model.stopped = true;
    return Ok();
  }

  VolumeHistory& history_;
};

}  // namespace

const RegisteredVersion* VolumeHistory::FindRegistered(const ModelName& model, const Version& version) const {
  for (const RegisteredVersion& at : registered) {
    if (at.model == model && at.version == version) return &at;
  }
  return nullptr;
}

ModelHistory VolumeHistory::Of(const ModelName& model) const {
  const auto found = models.find(model);
  return found == models.end() ? ModelHistory() : found->second;
}

std::optional<Version> VolumeHistory::ActiveByEvents(const ModelName& model) const {
  const ModelHistory history = Of(model);
  if (history.stopped || history.activations.empty()) return std::nullopt;
  return history.activations.back().version;
}

const VersionFact* VolumeHistory::FindQuarantine(const ModelName& model, const Version& version) const {
  for (const VersionFact& at : quarantined) {
    if (at.model == model && at.version == version) return &at;
  }
  return nullptr;
}

Result<VolumeHistory> FoldEvents(const std::vector<Event>& events) {
  if (events.empty()) return Refused("the journal is empty: event 0 (volume_created) is missing");
  VolumeHistory history;
  Folder folder(history);
  for (size_t index = 0; index < events.size(); ++index) {
    if (events[index].index != index) return Contradiction(events[index], "its place is " + std::to_string(index));
    LOTMARK_RETURN_IF_ERROR(folder.Apply(events[index]));
  }
  return history;
}

std::optional<Event> LastActivationOf(const std::vector<Event>& events, const ModelName& model, const Version& version,
                                      UtcTime time) {
  std::optional<Event> last;
  bool pointer_intent = false;  // the event before was an intent to move the pointer
  for (const Event& event : events) {
    const bool closes = event.kind == EventKind::kActivated || event.kind == EventKind::kRolledBack ||
                        (event.kind == EventKind::kRecovered && event.outcome == Outcome::kCompleted);
    if (pointer_intent && closes && event.model == model && event.version == version && event.time <= time)
      last = event;
    pointer_intent = event.kind == EventKind::kActivating || event.kind == EventKind::kRollingBack;
  }
  return last;
}

std::optional<Version> RollbackTarget(const VolumeHistory& history, const ModelName& model) {
  const ModelHistory of = history.Of(model);
  auto end = of.activations.end();
  if (!of.stopped && end != of.activations.begin()) --end;  // the active one is no way back
  while (end != of.activations.begin()) {
    --end;
    if (history.FindQuarantine(model, end->version) == nullptr) return end->version;
  }
  return std::nullopt;
}

std::string_view VersionStateName(VersionState state) {
  switch (state) {
    case VersionState::kRegistered:
      return "registered";
    case VersionState::kActive:
      return "active";
    case VersionState::kRetired:
      return "retired";
    case VersionState::kQuarantined:
      return "quarantined";
  }
  return "unknown";
}

VersionState StateOf(const VolumeHistory& history, const ModelName& model, const std::optional<Version>& pointer,
                     const Version& version) {
  if (history.FindQuarantine(model, version) != nullptr) return VersionState::kQuarantined;
  if (pointer == version) return VersionState::kActive;
  const ModelHistory of = history.Of(model);
  const bool was_active = std::find(of.ever_active.begin(), of.ever_active.end(), version) != of.ever_active.end();
  return was_active ? VersionState::kRetired : VersionState::kRegistered;
}

}  // namespace lotmark::journal
