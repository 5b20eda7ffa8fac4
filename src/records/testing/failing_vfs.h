// A file layer for SQLite over the real one, that fails on command. Give name() as SqliteOptions::vfs.
//
// Invariant: every file opened through it is closed before it is destroyed. Thread safety: the switches may be turned
// from any thread.
#pragma once

#include <atomic>
#include <memory>
#include <string>

namespace lotmark::records {

class FailingVfs {
 public:
  enum class Support { kEverything, kNoSharedMemory };  // without shared memory SQLite cannot do WAL

  explicit FailingVfs(Support support = Support::kEverything);
  ~FailingVfs();
  FailingVfs(const FailingVfs&) = delete;
  FailingVfs& operator=(const FailingVfs&) = delete;

  const std::string& name() const { return name_; }

  std::atomic<bool> fail_syncs = false;   // every fsync reports an I/O error; what was written stays written
  std::atomic<bool> fail_writes = false;  // every write reports a full disk and writes nothing

 private:
  struct Registration;

  const std::string name_;
  std::unique_ptr<Registration> registration_;
};

}  // namespace lotmark::records
