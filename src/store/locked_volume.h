// The volume while one command holds its lock: having one proves that the lock is held, that a dead command's work was
// recovered, and that `history()` is what the log says now. Only through it are events appended.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "fs/fs.h"
#include "journal/event.h"
#include "journal/history.h"
#include "journal/journal.h"
#include "store/layout.h"
#include "tlog/ed25519.h"

namespace lotmark::store {

// What a mutating command works with. Borrows everything: all of it must outlive the command.
struct Workplace {
  fs::Dir& root;
  journal::Journal& journal;
  const VolumeInfo& info;
  Clock& clock;
  const journal::Actor& actor;
  const tlog::PrivateKey& key;  // signs the journal
  std::chrono::milliseconds lock_wait;
};

// The exclusive lock of the volume, waited for by asking again every few milliseconds.
// kBusy: somebody held it for all of `wait`; the text names the lock file.
Result<std::unique_ptr<fs::FileLock>> TakeVolumeLock(fs::Dir& root, std::chrono::milliseconds wait);

class LockedVolume {
 public:
  // Takes the lock, then recovers (recovery.h).
  static Result<LockedVolume> Take(const Workplace& place);

  const Workplace& place() const { return place_; }
  fs::Dir& root() const { return place_.root; }
  const journal::VolumeHistory& history() const { return history_; }

  // Appends an event of this command's actor, at this time, under the policy in force. `history()` stays as it was.
  // Returns its index.
  Result<uint64_t> Record(journal::Event event);
  // Closes `intent`, whose change did not happen, as abandoned because of `why`, and returns `why`. Where that event
  // cannot be written either, the intent stays open and the next command abandons it.
  Error Abandon(const journal::Event& intent, Error why);

 private:
  LockedVolume(const Workplace& place, std::unique_ptr<fs::FileLock> lock) : place_(place), lock_(std::move(lock)) {}

  Status ReadHistory();

  Workplace place_;
  std::unique_ptr<fs::FileLock> lock_;
  journal::VolumeHistory history_;
  UtcTime last_time_;  // of the last event
};

// kRefused: `reason` is empty, too long or not UTF-8.
Status CheckReason(const std::string& reason);

// The intent or the done event of a change to one version.
journal::Event MakeEvent(journal::EventKind kind, const ModelName& model, const Version& version,
                         const Digest& manifest_sha256);

// kUnconfirmed: the change was made, or may have been, and `why` kept it from being confirmed.
Error Unconfirmed(const std::string& what, const Error& why);

}  // namespace lotmark::store
