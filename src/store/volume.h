// A model volume as commands change it: the truth about which versions exist and which one is active (doc/volume.md).
//
// Every change is decided by a pure function (decision.h), announced by an event, made by one rename, and confirmed by
// an event; a command that dies in between is completed or abandoned by the next one (recovery.h). Long work (copying,
// hashing, the caller's check) is done without the lock; the lock covers the decision, the rename and the events.
//
// Invariant: nothing beneath a version's folder changes once it has its name; an id is never reused.
// Durability: an OK means that the change and its events survive power loss. kUnconfirmed means that the change was
// made and a sync failed after it: run `status`, the next command tells how it ended.
// Errors, besides those named below: kBusy when another command holds the lock for longer than lock_wait.
// Thread safety: one object per command; processes and objects exclude each other by the lock.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/ids.h"
#include "base/result.h"
#include "fs/fs.h"
#include "journal/event.h"
#include "store/change.h"
#include "store/progress.h"
#include "store/reader.h"
#include "tlog/ed25519.h"

namespace lotmark::store {

struct Workplace;  // locked_volume.h

// Gives the private key that signs the journal of the volume of that id; of a new volume: makes it, durably.
using JournalKeySource = std::function<Result<tlog::PrivateKey>(const Uuid& volume_id)>;

struct VolumeOptions {
  Clock& clock;  // must outlive the volume
  journal::Actor actor;
  std::chrono::milliseconds lock_wait = std::chrono::seconds(10);
  JournalKeySource journal_key = {};  // asked once, before the lock is taken
  MemorySource memory = {};
};

// What a new volume begins with.
struct NewVolume {
  ModelName primary_model;
  std::string policy;  // the bytes of the first policy in force; this room does not look into them
  Uuid volume_id = Uuid::V4();
};

class Volume {
 public:
  // Makes the existing folder `root` a volume. It must be empty, or what an interrupted Init left.
  // kRefused: it holds something else, or is a volume of another primary model.
  static Result<InitOutcome> Init(fs::Dir& root, const NewVolume& what, const VolumeOptions& options);

  // kRefused: not a volume, or one of an unknown format; the journal key is of another volume. Errors of the key
  // source.
  static Result<std::unique_ptr<Volume>> Open(std::unique_ptr<fs::Dir> root, VolumeOptions options);

  // For reading commands; it takes no lock.
  const Reader& reader() const { return *reader_; }

  // Copies the files that the manifest names from `source` and makes them a version. The manifest is kept byte for
  // byte. kRefused: the manifest is invalid or incomplete; a file is missing, not a plain file, or not as the manifest
  // says; the id is taken by other bytes (also ignoring case, also after removal). Nothing is left behind then.
  Result<Registration> Register(fs::Dir& source, std::string manifest_bytes, const ProgressFn& progress = {});

  // Makes a registered version the active one. kNotFound: not registered. kRefused: it cannot be served (the manifest
  // lacks what serving needs), it is quarantined, its files are not as registered, or `check` or `permit` refuses.
  Result<PointerMove> Activate(const ModelName& model, const Version& version, const std::string& reason,
                               const ActivationCheck& check, const ActivationPermit& permit,
                               const ProgressFn& progress = {});

  // Goes back to the newest earlier activated version that was not itself rolled back from, or to `to`, which must be
  // one of these. kBusy: another command moved the pointer while this one was checking.
  Result<PointerMove> Rollback(const ModelName& model, const std::optional<Version>& to, const std::string& reason,
                               const ActivationCheck& check, const ProgressFn& progress = {});

  // Completes or abandons what a dead command left open. Every method above does this first.
  Status Recover();

  // Says by an event that the journal, which does not extend the one that is remembered, is the right one all the same.
  Status AcceptRestored(const std::string& reason);

  // For commands of their own rules (room govern): what they work with. Valid as long as the volume.
  Workplace Place();

 private:
  Volume(std::unique_ptr<Reader> reader, VolumeOptions options, tlog::PrivateKey key)
      : reader_(std::move(reader)), options_(std::move(options)), key_(std::move(key)) {}

  std::unique_ptr<Reader> reader_;
  VolumeOptions options_;
  tlog::PrivateKey key_;
};

}  // namespace lotmark::store
