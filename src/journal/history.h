// What the events of a volume mean: pure functions from the log to the facts that commands decide on.
//
// Recovered events count as the event they stand for: a completed `activating` is an activation, an abandoned one is
// nothing.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/digest.h"
#include "base/ids.h"
#include "base/result.h"
#include "journal/event.h"

namespace lotmark::journal {

struct RegisteredVersion {
  ModelName model;
  Version version;
  Digest manifest_sha256;
  uint64_t event = 0;  // index of the event that registered it
};

// A version that was made active and has not been rolled back from since.
struct Activation {
  Version version;
  uint64_t event = 0;  // index of the event that made it active
};

struct ModelHistory {
  // Oldest first; each version once, at its latest activation. Unless `stopped`, the last one is what the events say is
  // active; a rollback takes the end off, down to its target, so that the next rollback goes one further.
  std::vector<Activation> activations;
  // Every version that was ever active, also those rolled back from.
  std::vector<Version> ever_active;
  bool stopped = false;  // the pointer was removed, and nothing was activated since
};

// A fact about a version that one event states: a result about it, an approval, its quarantine.
struct VersionFact {
  ModelName model;
  Version version;
  uint64_t event = 0;               // index of the event that states it
  std::optional<Digest> file = {};  // the file of a result or an approval
  std::string evidence = {};        // of a result: its kind
};

// An approval of a policy that may come into force.
struct PolicyApproval {
  Digest policy_sha256;
  uint64_t event = 0;
  Digest file;
};

struct VolumeHistory {
  std::vector<RegisteredVersion> registered;  // in order of registration
  std::map<ModelName, ModelHistory> models;
  std::optional<Event> open_intent;  // the last event, when it is an intent
  UtcTime last_time;                 // of the last event

  Digest policy_sha256;                // of the policy in force
  uint64_t policy_event = 0;           // index of the event that put it in force
  std::vector<VersionFact> evidence;   // in order; the events tell what
  std::vector<VersionFact> approvals;  // of versions, in order
  std::vector<PolicyApproval> policy_approvals;
  std::map<Digest, uint64_t> revoked;    // key id -> index of the event that revoked it
  std::vector<VersionFact> quarantined;  // each version once
  std::set<Digest> files;                // of every fact: the files that must be there

  const RegisteredVersion* FindRegistered(const ModelName& model, const Version& version) const;
  // What the events say is active: what the pointer should name.
  std::optional<Version> ActiveByEvents(const ModelName& model) const;
  ModelHistory Of(const ModelName& model) const;
  // nullptr when it is not quarantined.
  const VersionFact* FindQuarantine(const ModelName& model, const Version& version) const;
};

// kRefused: the events contradict each other (an intent never closed, a rollback to what was never active …).
Result<VolumeHistory> FoldEvents(const std::vector<Event>& events);

// The event that last made `version` the desired one at or before `time`, for tracing a row to it. The order of events
// is their index; a time on a row is the best there is to hold against it. Nothing when no event did.
std::optional<Event> LastActivationOf(const std::vector<Event>& events, const ModelName& model, const Version& version,
                                      UtcTime time);

// Where a rollback goes: the newest earlier activation that was neither rolled back from nor quarantined; where nothing
// is active, the newest one of all. Nothing when there is none.
std::optional<Version> RollbackTarget(const VolumeHistory& history, const ModelName& model);

// registered -> active -> retired (-> active again); quarantined from any of them. More states come with the work that
// makes them.
enum class VersionState { kRegistered, kActive, kRetired, kQuarantined };
std::string_view VersionStateName(VersionState state);
VersionState StateOf(const VolumeHistory& history, const ModelName& model, const std::optional<Version>& pointer,
                     const Version& version);

}  // namespace lotmark::journal
