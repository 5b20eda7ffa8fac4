// A staging folder: where a version is put together before it gets its name.
//
// Its flock tells a living owner from a dead one: the kernel drops it with the process, so a sweep takes only folders
// whose lock is free. The lock is of the folder itself and goes with it when it is renamed into place.
#pragma once

#include <memory>
#include <string>

#include "base/result.h"
#include "fs/fs.h"

namespace lotmark::store {

class Staging {
 public:
  // Makes and locks `staging/<uuid>`. `root` must outlive it.
  // REQUIRES: the volume's lock is held, so that no sweep sees the folder before its lock is taken.
  static Result<Staging> Create(fs::Dir& root);

  Staging(Staging&& other) noexcept;
  Staging& operator=(Staging&&) = delete;
  // Removes the folder unless it was renamed away; best effort, a later sweep takes what stays.
  ~Staging();

  fs::Dir& folder() { return *folder_; }
  const std::string& path() const { return path_; }  // beneath the volume's root
  void RenamedAway() { root_ = nullptr; }

 private:
  Staging(fs::Dir& root, std::string path) : root_(&root), path_(std::move(path)) {}

  fs::Dir* root_;  // nullptr once moved from or renamed away
  std::string path_;
  std::unique_ptr<fs::Dir> folder_;
  std::unique_ptr<fs::FileLock> lock_;
};

// Removes the staging folders whose owner is dead. REQUIRES: the volume's lock is held.
Status SweepStaging(fs::Dir& root);

}  // namespace lotmark::store
