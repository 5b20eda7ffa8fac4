// The Dir implementations that the suites of this room run on.
#pragma once

#include "fs/posix_fs.h"
#include "fs/testing/dir_fixture.h"
#include "fs/testing/mem_fs.h"
#include "fs/testing/temp_folder.h"

namespace lotmark::fs {

class PosixBackend final : public DirBackend {
 public:
  explicit PosixBackend(Resolution resolution) : resolution_(resolution) {}
  std::unique_ptr<Dir> Open() override { return std::move(OpenPosixDir(folder_.path(), resolution_)).value(); }

 private:
  const TempFolder folder_;
  const Resolution resolution_;
};

class MemBackend final : public DirBackend {
 public:
  std::unique_ptr<Dir> Open() override { return machine_.Root(); }

 private:
  MemFs machine_;
};

inline std::vector<BackendCase> AllBackends() {
  return {
      {"PosixAutomatic", [] { return std::make_unique<PosixBackend>(Resolution::kAutomatic); }},
      {"PosixByComponent", [] { return std::make_unique<PosixBackend>(Resolution::kByComponent); }},
      {"Mem", [] { return std::make_unique<MemBackend>(); }},
  };
}

}  // namespace lotmark::fs
