#include "store/history.h"

#include <algorithm>

namespace lotmark::store {
namespace {

// The done event that closes an intent; nothing for events that are no intents.
std::optional<EventKind> DoneOf(EventKind kind) {
  switch (kind) {
    case EventKind::kRegistering:
      return EventKind::kRegistered;
    case EventKind::kActivating:
      return EventKind::kActivated;
    case EventKind::kRollingBack:
      return EventKind::kRolledBack;
    case EventKind::kVolumeCreated:
    case EventKind::kRegistered:
    case EventKind::kActivated:
    case EventKind::kRolledBack:
    case EventKind::kRecovered:
      return std::nullopt;
  }
  return std::nullopt;
}

bool IsDone(EventKind kind) {
  return kind == EventKind::kRegistered || kind == EventKind::kActivated || kind == EventKind::kRolledBack;
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
    if (history_.open_intent) return Close(event);
    if (IsDone(event.kind) || event.kind == EventKind::kRecovered) {
      return Contradiction(event, "no open intent precedes it");
    }
    if (DoneOf(event.kind)) history_.open_intent = event;
    return Ok();
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
    const RegisteredVersion* registered = history_.FindRegistered(*event.model, *event.version);
    if (registered == nullptr || registered->manifest_sha256 != *event.manifest_sha256) {
      return Contradiction(event, "no version with this digest was registered");
    }
    ModelHistory& model = history_.models[*event.model];
    return what == EventKind::kActivated ? Activated(model, event) : RolledBack(model, event);
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
  if (history.activations.empty()) return std::nullopt;
  return history.activations.back().version;
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

std::optional<Version> RollbackTarget(const ModelHistory& history) {
  if (history.activations.size() < 2) return std::nullopt;
  return history.activations[history.activations.size() - 2].version;
}

std::string_view VersionStateName(VersionState state) {
  switch (state) {
    case VersionState::kRegistered:
      return "registered";
    case VersionState::kActive:
      return "active";
    case VersionState::kRetired:
      return "retired";
  }
  return "unknown";
}

VersionState StateOf(const ModelHistory& history, const std::optional<Version>& pointer, const Version& version) {
  if (pointer == version) return VersionState::kActive;
  const bool was_active =
      std::find(history.ever_active.begin(), history.ever_active.end(), version) != history.ever_active.end();
  return was_active ? VersionState::kRetired : VersionState::kRegistered;
}

}  // namespace lotmark::store
