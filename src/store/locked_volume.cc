#include "store/locked_volume.h"

#include <algorithm>
#include <thread>

#include "base/encoding.h"
#include "store/recovery.h"

namespace lotmark::store {
namespace {

constexpr std::chrono::milliseconds kAskAgainAfter{20};

Result<VolumeHistory> ReadHistory(EventLog& log) {
  LOTMARK_ASSIGN_OR_RETURN(const std::vector<Event> events, log.ReadAll());
  return FoldEvents(events);
}

}  // namespace

Result<std::unique_ptr<fs::FileLock>> TakeVolumeLock(fs::Dir& root, std::chrono::milliseconds wait) {
  const auto deadline = std::chrono::steady_clock::now() + wait;
  while (true) {
    auto lock = root.TryLock(kLockFile);
    if (lock || lock.error().code != ErrorCode::kBusy) return lock;
    if (std::chrono::steady_clock::now() >= deadline) break;
    std::this_thread::sleep_for(std::min(kAskAgainAfter, wait));
  }
  return Error{ErrorCode::kBusy,
               Join(root.DisplayPath(), kLockFile) + ": busy: another command has held the volume for " +
                   std::to_string(wait.count()) + " ms",
               "Run the command again when the other one is done."};
}

Result<LockedVolume> LockedVolume::Take(const Workplace& place) {
  LOTMARK_ASSIGN_OR_RETURN(auto lock, TakeVolumeLock(place.root, place.lock_wait));
  LockedVolume locked(place, std::move(lock));
  LOTMARK_RETURN_IF_ERROR(SweepLeftovers(place.root, place.log));
  LOTMARK_ASSIGN_OR_RETURN(locked.history_, ReadHistory(place.log));
  if (!locked.history_.open_intent) return locked;
  LOTMARK_ASSIGN_OR_RETURN(Event recovered, ResolveIntent(place.root, *locked.history_.open_intent));
  LOTMARK_RETURN_IF_ERROR(locked.Record(std::move(recovered)));
  LOTMARK_ASSIGN_OR_RETURN(locked.history_, ReadHistory(place.log));
  return locked;
}

Status LockedVolume::Record(Event event) {
  event.time = place_.clock.Now();
  event.actor = place_.actor;
  LOTMARK_ASSIGN_OR_RETURN(const uint64_t index, place_.log.Append(std::move(event)));
  (void)index;
  return Ok();
}

Error LockedVolume::Abandon(const Event& intent, Error why) {
  Event event = intent;
  event.kind = EventKind::kRecovered;
  event.outcome = Outcome::kAbandoned;
  event.reason = Printable(why.text, EventLog::kMaxReasonBytes / 2);
  // The first error is the one to report.
  (void)Record(std::move(event));
  return why;
}

Error Unconfirmed(const std::string& what, const Error& why) {
  return {ErrorCode::kUnconfirmed, "not confirmed: " + what + ", then: " + why.text,
          "`lotmark status` shows what is there now; the next changing command records how it ended."};
}

Event MakeEvent(EventKind kind, const ModelName& model, const Version& version, const Digest& manifest_sha256) {
  Event event;
  event.kind = kind;
  event.model = model;
  event.version = version;
  event.manifest_sha256 = manifest_sha256;
  return event;
}

}  // namespace lotmark::store
