#include "journal/journal.h"

#include <algorithm>

#include "base/encoding.h"
#include "journal/event_json.h"
#include "tlog/checkpoint.h"

namespace lotmark::journal {
namespace {

// A reader beside an appender may find a partial tile replaced by a wider one.
constexpr int kTries = 20;

constexpr std::string_view kRestoredHint =
    "If the volume was restored from a backup on purpose, `lotmark recover --accept-restored --reason TEXT` says so, "
    "and "
    "the journal keeps it. Otherwise somebody changed or cut the journal.";

Bytes EntryOf(const Event& event) {
  const std::string text = FormatEvent(event);
  return {text.begin(), text.end()};
}

Result<std::vector<Event>> ParseAll(const std::string& where, const std::vector<Bytes>& entries) {
  std::vector<Event> events;
  events.reserve(entries.size());
  for (size_t index = 0; index < entries.size(); ++index) {
    auto event = ParseEvent(AsText(entries[index]));
    const std::string name = where + ": event " + std::to_string(index);
    if (!event) return Prefixed(name, std::move(event).error());
    if (event->index != index) return Refused(name + ": index: is " + std::to_string(event->index));
    events.push_back(*std::move(event));
  }
  return events;
}

bool AcceptsRestored(const Remembered& remembered, const std::vector<Bytes>& entries,
                     const std::vector<Event>& events) {
  for (const Event& event : events) {
    if (event.kind != EventKind::kRestoredAccepted) continue;
    const Digest leaf = tlog::LeafHash(entries[event.index]);
    const auto& seen = remembered.accepted;
    if (std::find(seen.begin(), seen.end(), leaf) == seen.end()) return true;
  }
  return false;
}

}  // namespace

std::string OriginOf(const Uuid& volume_id) { return "lotmark/journal/" + volume_id.text(); }

Status Journal::Create(fs::Dir& folder, const Uuid& volume_id, const tlog::PrivateKey& key, const Event& created) {
  LOTMARK_RETURN_IF_ERROR(CheckEvent(created));
  const std::string origin = OriginOf(volume_id);
  LOTMARK_RETURN_IF_ERROR(tlog::TileLog::Create(folder, origin, key));
  LOTMARK_ASSIGN_OR_RETURN(auto log, tlog::TileLog::Open(folder, tlog::NoteVerifier(origin, key.public_key())));
  return log.Append({EntryOf(created)}, key);
}

Result<tlog::TileLog> Journal::OpenLog() {
  auto log = tlog::TileLog::Open(*folder_, verifier_);
  if (log || log.error().code != ErrorCode::kNotFound) return log;
  return Refused(folder_->DisplayPath() + "/" + tlog::kCheckpointFile + ": is missing: this is no journal",
                 "Restore the volume from a backup.");
}

Result<uint64_t> Journal::Count() {
  LOTMARK_ASSIGN_OR_RETURN(const tlog::TileLog log, OpenLog());
  return log.head().size;
}

Result<std::vector<Event>> Journal::ReadAll() {
  for (int tries_left = kTries;; --tries_left) {
    LOTMARK_ASSIGN_OR_RETURN(const tlog::TileLog log, OpenLog());
    auto entries = log.ReadAll();
    if (!entries) {
      LOTMARK_ASSIGN_OR_RETURN(const tlog::TileLog again, OpenLog());
      if (again.head() == log.head() || tries_left == 0) return std::move(entries).error();
      continue;
    }
    LOTMARK_ASSIGN_OR_RETURN(std::vector<Event> events, ParseAll(folder_->DisplayPath(), *entries));
    if (memory_) LOTMARK_RETURN_IF_ERROR(HoldAgainstMemory(log, *entries, events));
    return events;
  }
}

Status Journal::HoldAgainstMemory(const tlog::TileLog& log, const std::vector<Bytes>& entries,
                                  const std::vector<Event>& events) {
  if (accept_restored_) return Ok();
  LOTMARK_ASSIGN_OR_RETURN(const std::optional<Remembered> remembered, memory_->Recall());
  if (remembered && remembered->checkpoint == log.checkpoint()) return Ok();
  bool over_longer = false;
  if (remembered) {
    if (Status extends = CheckExtends(*remembered, verifier_, entries); !extends) {
      if (!AcceptsRestored(*remembered, entries, events)) {
        return Prefixed(folder_->DisplayPath(), std::move(extends).error());
      }
      over_longer = true;
    }
  }
  const Status kept = memory_->Remember(
      Now(log, entries, events, remembered ? remembered->accepted : std::vector<Digest>()), over_longer);
  // A reader without a place to write is still right about what it read.
  memory_problem_ = kept ? "" : kept.error().text;
  return Ok();
}

Result<uint64_t> Journal::Append(Event event, const tlog::PrivateKey& key) {
  LOTMARK_ASSIGN_OR_RETURN(tlog::TileLog log, OpenLog());
  event.index = log.head().size;
  LOTMARK_RETURN_IF_ERROR(CheckEvent(event));
  const Bytes entry = EntryOf(event);
  LOTMARK_RETURN_IF_ERROR(log.Append({entry}, key));
  if (memory_) {
    // The event is committed, whatever becomes of the memory.
    const auto before = memory_->Recall();
    Remembered now{log.checkpoint(), before && *before ? (*before)->accepted : std::vector<Digest>()};
    if (event.kind == EventKind::kRestoredAccepted) now.accepted.push_back(tlog::LeafHash(entry));
    const Status kept = memory_->Remember(now, accept_restored_);
    memory_problem_ = kept ? "" : kept.error().text;
  }
  return event.index;
}

Status Journal::Recover() {
  LOTMARK_ASSIGN_OR_RETURN(tlog::TileLog log, OpenLog());
  return log.Recover();
}

Status CheckExtends(const Remembered& remembered, const tlog::NoteVerifier& verifier,
                    const std::vector<Bytes>& entries) {
  const std::string hint(kRestoredHint);
  auto head = tlog::OpenCheckpoint(remembered.checkpoint, verifier);
  if (!head) return Refused("the journal is signed by another key than the one remembered: " + head.error().text, hint);
  if (head->size > entries.size()) {
    return Refused("the journal is shorter than the one remembered: it has " + std::to_string(entries.size()) +
                       " events, " + std::to_string(head->size) + " were seen",
                   hint);
  }
  if (tlog::RootOfEntries(std::span(entries).first(head->size)) == head->root) return Ok();
  return Refused("the journal has another past than the one remembered: its first " + std::to_string(head->size) +
                     " events are not those that were seen",
                 hint);
}

Remembered Now(const tlog::TileLog& log, const std::vector<Bytes>& entries, const std::vector<Event>& events,
               const std::vector<Digest>& accepted_before) {
  Remembered now{log.checkpoint(), accepted_before};
  for (const Event& event : events) {
    if (event.kind != EventKind::kRestoredAccepted) continue;
    const Digest leaf = tlog::LeafHash(entries[event.index]);
    if (std::find(now.accepted.begin(), now.accepted.end(), leaf) == now.accepted.end()) now.accepted.push_back(leaf);
  }
  return now;
}

}  // namespace lotmark::journal
