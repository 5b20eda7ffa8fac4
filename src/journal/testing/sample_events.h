// Events for tests of this room and of those above it.
#pragma once

#include "journal/event.h"

namespace lotmark::journal {

inline UtcTime SampleTime() { return UtcTime(std::chrono::microseconds(1771675200000000)); }  // 2026-02-21T12:00:00Z

// Event 0 of a volume.
inline Event SampleCreated() {
  Event event;
  event.time = SampleTime();
  event.actor = {"ada@test", false};
  event.kind = EventKind::kVolumeCreated;
  event.model = ModelName::Parse("lesion_cnn").value();
  event.file_sha256 = Sha256Of("a policy");
  return event;
}

// An intent to register `version`, under the policy of SampleCreated.
inline Event SampleRegistering(std::string_view version) {
  Event event = SampleCreated();
  event.kind = EventKind::kRegistering;
  event.policy_sha256 = event.file_sha256;
  event.file_sha256.reset();
  event.version = Version::Parse(version).value();
  event.manifest_sha256 = Sha256Of(version);
  return event;
}

// Somebody accepts the journal as it is, under the policy of SampleCreated.
inline Event SampleRestoredAccepted() {
  Event event = SampleCreated();
  event.kind = EventKind::kRestoredAccepted;
  event.policy_sha256 = event.file_sha256;
  event.file_sha256.reset();
  event.model.reset();
  return event;
}

}  // namespace lotmark::journal
