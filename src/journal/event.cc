#include "journal/event.h"

namespace lotmark::journal {

std::string_view EventKindName(EventKind kind) {
  switch (kind) {
    case EventKind::kVolumeCreated:
      return "volume_created";
    case EventKind::kRegistering:
      return "registering";
    case EventKind::kRegistered:
      return "registered";
    case EventKind::kActivating:
      return "activating";
    case EventKind::kActivated:
      return "activated";
    case EventKind::kRollingBack:
      return "rolling_back";
    case EventKind::kRolledBack:
      return "rolled_back";
    case EventKind::kStopping:
      return "stopping";
    case EventKind::kStopped:
      return "stopped";
    case EventKind::kRepairing:
      return "repairing";
    case EventKind::kRepaired:
      return "repaired";
    case EventKind::kRecovered:
      return "recovered";
    case EventKind::kEvidenceAdded:
      return "evidence_added";
    case EventKind::kApproved:
      return "approved";
    case EventKind::kPolicyChanged:
      return "policy_changed";
    case EventKind::kKeyRevoked:
      return "key_revoked";
    case EventKind::kQuarantined:
      return "quarantined";
    case EventKind::kRestoredAccepted:
      return "restored_accepted";
  }
  return "unknown";
}

std::optional<EventKind> DoneOf(EventKind kind) {
  switch (kind) {
    case EventKind::kRegistering:
      return EventKind::kRegistered;
    case EventKind::kActivating:
      return EventKind::kActivated;
    case EventKind::kRollingBack:
      return EventKind::kRolledBack;
    case EventKind::kStopping:
      return EventKind::kStopped;
    case EventKind::kRepairing:
      return EventKind::kRepaired;
    default:
      return std::nullopt;
  }
}

bool IsPointerIntent(EventKind kind) { return DoneOf(kind) && kind != EventKind::kRegistering; }

std::string_view OutcomeName(Outcome outcome) { return outcome == Outcome::kCompleted ? "completed" : "abandoned"; }

}  // namespace lotmark::journal
