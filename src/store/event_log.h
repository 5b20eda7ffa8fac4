// Control events: who did what to which version, when and why; and the one small interface behind which they live.
//
// A tamper-evident Merkle log comes behind this interface later; today's adapter writes one durable file per event.
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
  kRollingBack,
  kRolledBack,
  kRecovered,  // an intent found open was completed or abandoned; the reason says which
};
std::string_view EventKindName(EventKind kind);

struct Actor {
  std::string name;
  bool authenticated = false;  // false: taken from --actor, LOTMARK_ACTOR or login@host
};

struct Event {
  uint64_t index = 0;  // position in the log: the order of events is this, never their time
  UtcTime time;
  Actor actor;
  EventKind kind = EventKind::kRegistered;
  std::string model;    // "" for events about the volume
  std::string version;  // "" where no version is concerned
  std::optional<Digest> manifest_sha256;
  std::string previous;  // version that was active before, for pointer moves
  std::string reason;
};

class EventLog {
 public:
  virtual ~EventLog() = default;
  // Appends and returns the event's index. Durability: on OK the event survives power loss.
  // REQUIRES: the volume's lock is held.
  virtual Result<uint64_t> Append(Event event) = 0;
  // All events, by index. kRefused: an event is damaged or one is missing; the text names it.
  virtual Result<std::vector<Event>> ReadAll() = 0;
};

// One file `<index, 12 digits>.json` per event in `folder`, written by WriteFileAtomic without replacing.
std::unique_ptr<EventLog> MakeFolderEventLog(std::unique_ptr<fs::Dir> folder);

}  // namespace lotmark::store
