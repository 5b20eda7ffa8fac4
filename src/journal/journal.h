// The journal of a volume: its control events as a signed, tamper-evident log (room tlog), one JSON entry an event.
//
// Durability: an appended event survives power loss; what an interrupted append left does not exist.
// Invariant: no event is read that the signed root does not cover, and none of a journal that does not extend what
// `memory` remembers of it.
// Thread safety: reading functions may be called by several threads; appends need the volume's lock, which also
// excludes other processes.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "fs/fs.h"
#include "journal/event.h"
#include "journal/memory.h"
#include "tlog/ed25519.h"
#include "tlog/note.h"
#include "tlog/tile_log.h"

namespace lotmark::journal {

// The name of the log and of its key.
std::string OriginOf(const Uuid& volume_id);

class Journal {
 public:
  // Makes `folder` a journal whose event 0 is `created`. kConflict: it is one already.
  static Status Create(fs::Dir& folder, const Uuid& volume_id, const tlog::PrivateKey& key, const Event& created);

  // `memory` may be nullptr: nothing is remembered then.
  Journal(std::unique_ptr<fs::Dir> folder, tlog::NoteVerifier verifier, std::unique_ptr<Memory> memory)
      : folder_(std::move(folder)), verifier_(std::move(verifier)), memory_(std::move(memory)) {}

  const tlog::NoteVerifier& verifier() const { return verifier_; }

  // All events, by index. kRefused: an entry is damaged, missing, forged or no event; the journal does not extend the
  // remembered one (the text says how).
  Result<std::vector<Event>> ReadAll();
  // How many events there are, without reading them: readers compare it to notice a change.
  Result<uint64_t> Count();

  // Appends and returns the event's index, which it sets itself. kUnconfirmed: the event may or may not be there after
  // a power loss. kRefused: `key` is not the journal's. REQUIRES: the volume's lock is held.
  Result<uint64_t> Append(Event event, const tlog::PrivateKey& key);
  // Sweeps what interrupted appends left, and makes all that ReadAll returns survive power loss.
  // REQUIRES: the volume's lock is held.
  Status Recover();

  // From now on this object reads a journal that does not extend the remembered one; the memory is overwritten by the
  // next append. For the command by which a person says that it is right.
  void AcceptRestored() { accept_restored_ = true; }

  // "" = none; else why what was read or appended last could not be remembered, for people.
  const std::string& memory_problem() const { return memory_problem_; }

  // The log itself, for verifying, proving and exporting.
  Result<tlog::TileLog> OpenLog();

 private:
  // What is remembered, held against `entries`, and then brought up to date.
  Status HoldAgainstMemory(const tlog::TileLog& log, const std::vector<Bytes>& entries,
                           const std::vector<Event>& events);

  const std::unique_ptr<fs::Dir> folder_;
  const tlog::NoteVerifier verifier_;
  const std::unique_ptr<Memory> memory_;
  bool accept_restored_ = false;
  std::string memory_problem_;
};

// That a journal with these entries extends the remembered one. kRefused says how it does not: another key, shorter,
// or another past. Pure.
Status CheckExtends(const Remembered& remembered, const tlog::NoteVerifier& verifier,
                    const std::vector<Bytes>& entries);

// What `memory` should hold after seeing these. Pure.
Remembered Now(const tlog::TileLog& log, const std::vector<Bytes>& entries, const std::vector<Event>& events,
               const std::vector<Digest>& accepted_before);

}  // namespace lotmark::journal
