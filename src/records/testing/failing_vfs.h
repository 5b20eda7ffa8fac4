// A file layer for SQLite over the real one, that fails on command. Thread safety: the switches may be turned from any
// thread.
#pragma once

#include <atomic>

#include "records/testing/vfs_shim.h"

namespace lotmark::records {

class FailingVfs final : public VfsShim {
 public:
  using VfsShim::Support;

  explicit FailingVfs(Support support = Support::kEverything) : VfsShim("failing", support) {}

  std::atomic<bool> fail_syncs = false;   // every fsync reports an I/O error; what was written stays written
  std::atomic<bool> fail_writes = false;  // every write reports a full disk and writes nothing

 private:
  int Write(sqlite3_file* file, const char* path, ByteView bytes, int64_t offset) override;
  int Sync(sqlite3_file* file, const char* path, int flags) override;
};

}  // namespace lotmark::records
