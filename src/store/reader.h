// Reading a volume: what the service and every reading command use. It takes no lock and writes nothing, so it works
// on a read-only mount and beside a running command.
//
// Durability of what is read: readers trust the pointer. A writer may be at work, or may have died; then
// VolumeStatus::recovery_pending says so (status.h), and the next mutating command recovers.
// Thread safety: may be used by several threads.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/ids.h"
#include "base/result.h"
#include "fs/fs.h"
#include "manifest/manifest.h"
#include "store/event_log.h"
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

class Reader {
 public:
  // kRefused: not a volume, or one of an unknown format.
  static Result<std::unique_ptr<Reader>> Open(std::unique_ptr<fs::Dir> root);

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
  Result<std::vector<Event>> History(const std::optional<ModelName>& model = std::nullopt) const;

  // How many events there are: whoever looks often reads the history again only when this has changed.
  Result<uint64_t> EventCount() const { return log_->Count(); }

  // For this room: the volume's folder and log. No one else needs them.
  fs::Dir& root() const { return *root_; }
  EventLog& log() const { return *log_; }

 private:
  Reader(std::unique_ptr<fs::Dir> root, std::unique_ptr<EventLog> log, VolumeInfo info)
      : root_(std::move(root)), log_(std::move(log)), info_(std::move(info)) {}

  std::unique_ptr<fs::Dir> root_;
  std::unique_ptr<EventLog> log_;
  VolumeInfo info_;
};

}  // namespace lotmark::store
