// A file layer for SQLite over the system's, for tests: each call that changes the disk can be looked at, changed or
// refused on its way. Give name() as SqliteOptions::vfs.
//
// Invariant: every file opened through it is closed before it is destroyed. Thread safety: the functions here are
// called from whatever threads use the database, at the same time; what they share is the subclass's to guard.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/bytes.h"

struct sqlite3_file;

namespace lotmark::records {

class VfsShim {
 public:
  virtual ~VfsShim();
  VfsShim(const VfsShim&) = delete;
  VfsShim& operator=(const VfsShim&) = delete;

  const std::string& name() const { return name_; }

 protected:
  enum class Support { kEverything, kNoSharedMemory };  // without shared memory SQLite cannot do WAL

  explicit VfsShim(const std::string& kind, Support support = Support::kEverything);

  // Each is the system's unless a subclass overrides it. They return SQLite's codes; `path` is null for a temporary
  // file.
  virtual int Open(const char* path, sqlite3_file* file, int flags, int* flags_out);
  virtual int Delete(const char* path, bool sync_folder);
  virtual int Write(sqlite3_file* file, const char* path, ByteView bytes, int64_t offset);
  virtual int Truncate(sqlite3_file* file, const char* path, int64_t size);
  virtual int Sync(sqlite3_file* file, const char* path, int flags);

 private:
  struct Registration;

  const std::string name_;
  std::unique_ptr<Registration> registration_;
};

}  // namespace lotmark::records
