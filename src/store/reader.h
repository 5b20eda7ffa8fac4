// Reading a volume: what the service and every reading command use. It takes no lock and writes nothing, so it works
// on a read-only mount and beside a running command.
//
// Durability of what is read: readers trust the pointer. A writer may be at work, or may have died; then
// VolumeStatus::recovery_pending says so (status.h), and the next mutating command recovers.
// Thread safety: may be used by several threads.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/ids.h"
#include "base/result.h"
#include "fs/fs.h"
#include "journal/event.h"
#include "journal/journal.h"
#include "manifest/manifest.h"
#include "store/layout.h"

namespace lotmark::store {

// A registered version, its folder held open: files read through `folder` are of this version whatever moves meanwhile.
struct OpenedVersion {
  ModelName model;
  Version version;
  manifest::Manifest manifest;
  std::unique_ptr<fs::Dir> folder;
};

// kRefused: `root` is not a volume, or one of an unknown format.
Result<VolumeInfo> ReadVolumeInfo(fs::Dir& root);

// Gives what is remembered of the journal of the volume of that id; nullptr: nothing is.
using MemorySource = std::function<Result<std::unique_ptr<journal::Memory>>(const Uuid& volume_id)>;

struct ReaderOptions {
  // The key that must have signed the journal, from somebody who knows; without it, the one that volume.json names.
  std::optional<tlog::NoteVerifier> journal_key = {};
  MemorySource memory = {};
};

// That the journal is of a volume with this primary model. kRefused: volume.json was changed.
Status CheckSameVolume(const VolumeInfo& info, const std::vector<journal::Event>& events);

class Reader {
 public:
  // kRefused: not a volume, or one of an unknown format; its journal is signed by another key than the given one.
  static Result<std::unique_ptr<Reader>> Open(std::unique_ptr<fs::Dir> root, const ReaderOptions& options = {});

  const VolumeInfo& info() const { return info_; }
  std::string DisplayPath() const { return root_->DisplayPath(); }

  // The version that the pointer names; nothing when no version was ever activated. One readlink: cheap to poll.
  // kRefused: `active` is not a link (a copy has dereferenced it), or its text is not exactly `versions/<version>`.
  Result<std::optional<Version>> ActiveVersion(const ModelName& model) const;

  // kNotFound: no such version here. kRefused: its manifest is damaged or is of another version.
  // The files are not hashed here: hash what you load, or Verify (verification.h).
  Result<OpenedVersion> OpenVersion(const ModelName& model, const Version& version) const;

  // Models that have a version folder, and versions that have one; sorted by name.
  Result<std::vector<ModelName>> ListModels() const;
  Result<std::vector<Version>> ListVersions(const ModelName& model) const;

  // Control events by index; of one model when given. kRefused: the log is damaged; the text names the event.
  Result<std::vector<journal::Event>> History(const std::optional<ModelName>& model = std::nullopt) const;

  // The signed size and root of the journal: whoever looks often reads the history again only when this has changed.
  Result<tlog::TreeHead> JournalHead() const;

  // The volume's folder, for what reads facts from it, and the journal itself, for what verifies it.
  fs::Dir& root() const { return *root_; }
  journal::Journal& journal() const { return *journal_; }

 private:
  Reader(std::unique_ptr<fs::Dir> root, std::unique_ptr<journal::Journal> journal, VolumeInfo info)
      : root_(std::move(root)), journal_(std::move(journal)), info_(std::move(info)) {}

  std::unique_ptr<fs::Dir> root_;
  std::unique_ptr<journal::Journal> journal_;
  VolumeInfo info_;
};

}  // namespace lotmark::store
