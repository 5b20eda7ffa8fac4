// Control events: who did what to which version, when and why.
//
// Invariant: an intent event (registering, activating, rolling_back, stopping, repairing) is followed directly by the
// event that closes it: its done event, or a recovered event that says how it ended. At most the last event of a
// journal is an open intent.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/digest.h"
#include "base/ids.h"
#include "base/result.h"

namespace lotmark::journal {

enum class EventKind {
  kVolumeCreated,
  kRegistering,  // intent: the version's folder is about to get its name
  kRegistered,
  kActivating,  // intent: the pointer is about to move
  kActivated,
  kRollingBack,  // intent: the pointer is about to move
  kRolledBack,
  kStopping,  // intent: the pointer is about to be removed, so that nothing is active
  kStopped,
  kRepairing,  // intent: the pointer is about to be made again as the events say
  kRepaired,
  kRecovered,         // an intent found open was completed or abandoned; `outcome` says which
  kEvidenceAdded,     // a result about a version, in the file of `file_sha256`
  kApproved,          // a signed approval, in the file of `file_sha256`
  kPolicyChanged,     // the policy in the file of `file_sha256` is in force from now on
  kKeyRevoked,        // approvals signed by `key_id` no longer count
  kQuarantined,       // the version may not be active
  kRestoredAccepted,  // somebody said that this journal, though it does not extend what was remembered, is the right
                      // one
};
std::string_view EventKindName(EventKind kind);

// The done event that closes an intent; nothing for events that are no intents.
std::optional<EventKind> DoneOf(EventKind kind);
// Of the intents, those about the pointer: all but registering.
bool IsPointerIntent(EventKind kind);

// How recovery ended an open intent: by what the disk said, never by a guess.
enum class Outcome { kCompleted, kAbandoned };
std::string_view OutcomeName(Outcome outcome);

struct Actor {
  std::string name;
  bool authenticated = false;  // false: taken from --actor, LOTMARK_ACTOR or login@host
};

// Which fields a kind has: doc/volume.md "The journal"; CheckEvent (event_json.h) holds an event against it.
struct Event {
  static constexpr size_t kMaxReasonBytes = 2000;

  uint64_t index = 0;  // position in the journal: the order of events is this, never their time
  UtcTime time;
  bool clock_stepped_back = false;  // `time` is earlier than that of the event before
  Actor actor;
  EventKind kind = EventKind::kRegistered;
  std::optional<ModelName> model;  // of kVolumeCreated: the primary model
  std::optional<Version> version;
  std::optional<Digest> manifest_sha256;         // of `version`
  std::optional<Version> previous;               // the version that was active before, for pointer moves
  std::optional<Digest> policy_sha256;           // the policy in force when this was written; absent of event 0 only
  std::optional<Digest> file_sha256;             // the durable file that states the fact
  std::optional<std::string> evidence;           // of kEvidenceAdded: which kind of result
  std::optional<Digest> proposed_policy_sha256;  // of kApproved: the policy that was approved, instead of a version
  std::optional<Digest> key_id;                  // of kApproved and kKeyRevoked: SHA-256 of the public key
  std::optional<std::string> person;             // of kApproved: whose key it is by the policy in force
  std::optional<Outcome> outcome;                // of kRecovered only
  std::string reason;
};

}  // namespace lotmark::journal
