#include "store/locked_volume.h"

#include <algorithm>
#include <thread>

#include "base/encoding.h"
#include "store/reader.h"
#include "store/recovery.h"

namespace lotmark::store {
namespace {

constexpr std::chrono::milliseconds kAskAgainAfter{20};

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
  // First the journal is read: where it is not the one that is remembered, nothing in the volume is touched.
  LOTMARK_RETURN_IF_ERROR(locked.ReadHistory());
  LOTMARK_RETURN_IF_ERROR(SweepLeftovers(place.root, place.journal, locked.history_));
  if (!locked.history_.open_intent) return locked;
  LOTMARK_ASSIGN_OR_RETURN(journal::Event recovered, ResolveIntent(place.root, *locked.history_.open_intent));
  LOTMARK_RETURN_IF_ERROR(locked.Record(std::move(recovered)));
  LOTMARK_RETURN_IF_ERROR(locked.ReadHistory());
  return locked;
}

Status LockedVolume::ReadHistory() {
  LOTMARK_ASSIGN_OR_RETURN(const std::vector<journal::Event> events, place_.journal.ReadAll());
  LOTMARK_RETURN_IF_ERROR(CheckSameVolume(place_.info, events));
  LOTMARK_ASSIGN_OR_RETURN(history_, journal::FoldEvents(events));
  last_time_ = history_.last_time;
  return Ok();
}

Result<uint64_t> LockedVolume::Record(journal::Event event) {
  event.time = place_.clock.Now();
  event.clock_stepped_back = event.time < last_time_;
  event.actor = place_.actor;
  event.policy_sha256 = history_.policy_sha256;
  last_time_ = event.time;
  return place_.journal.Append(std::move(event), place_.key);
}

Error LockedVolume::Abandon(const journal::Event& intent, Error why) {
  journal::Event event = intent;
  event.kind = journal::EventKind::kRecovered;
  event.outcome = journal::Outcome::kAbandoned;
  event.reason = Printable(why.text, journal::Event::kMaxReasonBytes / 2);
  // The first error is the one to report.
  (void)Record(std::move(event));
  return why;
}

Status CheckReason(const std::string& reason) {
  if (reason.empty()) return Refused("reason: is empty: say why, the history keeps it");
  if (reason.size() > journal::Event::kMaxReasonBytes) {
    return Refused("reason: " + std::to_string(reason.size()) + " bytes: the limit is " +
                   std::to_string(journal::Event::kMaxReasonBytes));
  }
  if (!IsUtf8(reason)) return Refused("reason: is not UTF-8 text");
  return Ok();
}

Error Unconfirmed(const std::string& what, const Error& why) {
  return {ErrorCode::kUnconfirmed, "not confirmed: " + what + ", then: " + why.text,
          "`lotmark status` shows what is there now; the next changing command records how it ended."};
}

journal::Event MakeEvent(journal::EventKind kind, const ModelName& model, const Version& version,
                         const Digest& manifest_sha256) {
  journal::Event event;
  event.kind = kind;
  event.model = model;
  event.version = version;
  event.manifest_sha256 = manifest_sha256;
  return event;
}

}  // namespace lotmark::store
