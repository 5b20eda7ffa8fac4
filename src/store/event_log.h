// Control events: who did what to which version, when and why; and the one small interface behind which they live.
//
// A tamper-evident Merkle log comes behind this interface later; today's adapter writes one durable file per event
// (doc/volume.md "journal").
//
// Invariant: an intent event (registering, activating, rolling_back) is followed directly by the event that closes it:
// its done event, or a recovered event that says how it ended. At most the last event of a log is an open intent.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/digest.h"
#include "base/ids.h"
#include "base/result.h"
#include "fs/fs.h"

namespace lotmark::store {

enum class EventKind {
  kVolumeCreated,
  kRegistering,  // intent: the version's folder is about to get its name
  kRegistered,
  kActivating,  // intent: the pointer is about to move
  kActivated,
  kRollingBack,  // intent: the pointer is about to move
  kRolledBack,
  kRecovered,  // an intent found open was completed or abandoned; `outcome` says which
};
std::string_view EventKindName(EventKind kind);

// How recovery ended an open intent: by what the disk said, never by a guess.
enum class Outcome { kCompleted, kAbandoned };
std::string_view OutcomeName(Outcome outcome);

struct Actor {
  std::string name;
  bool authenticated = false;  // false: taken from --actor, LOTMARK_ACTOR or login@host
};

struct Event {
  uint64_t index = 0;  // position in the log: the order of events is this, never their time
  UtcTime time;
  Actor actor;
  EventKind kind = EventKind::kRegistered;
  std::optional<ModelName> model;  // of kVolumeCreated: the primary model
  std::optional<Version> version;
  std::optional<Digest> manifest_sha256;  // of `version`
  std::optional<Version> previous;        // the version that was active before, for pointer moves
  std::optional<Outcome> outcome;         // of kRecovered only
  std::string reason;
};

class EventLog {
 public:
  static constexpr size_t kMaxReasonBytes = 2000;

  virtual ~EventLog() = default;
  // Appends and returns the event's index, which it sets itself. Durability: on OK the event survives power loss.
  // kUnconfirmed: the event may or may not be there after a power loss.
  // REQUIRES: the volume's lock is held.
  virtual Result<uint64_t> Append(Event event) = 0;
  // All events, by index. kRefused: an event is damaged or one is missing; the text names it.
  virtual Result<std::vector<Event>> ReadAll() = 0;
  // How many events there are, without reading them: readers compare it to notice a change.
  virtual Result<uint64_t> Count() = 0;
  // Sweeps what an interrupted Append left, and makes all that ReadAll returns survive power loss.
  // REQUIRES: the volume's lock is held.
  virtual Status Recover() = 0;
};

// One file `<index, 12 digits>.json` per event in `folder`, written by WriteFileAtomic without replacing.
// Thread safety: as `folder`; appends are serialised by the volume's lock.
std::unique_ptr<EventLog> MakeFolderEventLog(std::unique_ptr<fs::Dir> folder);

}  // namespace lotmark::store
