// A file layer for SQLite whose power fails at a chosen moment: what was not synced by then is lost, or kept in part.
//
// Programs see the real files, with SQLite's own locks and shared memory. Beside them this keeps what a disk would
// hold:
// - of each file the bytes up to its last sync; of what was written since, each 512-byte sector is kept or lost by a
//   lot of its own, so writes reach the disk partly and in any order (a sector that is kept is never torn, and its
//   neighbours stay as they are: SQLite's "powersafe overwrite", which it assumes of all disks);
// - of each name the file it meant when the folder was last synced; a newer meaning (made, removed) is kept or lost by
//   a lot too. As in SQLite's system layer, the first sync of a new journal or WAL syncs the folder, and nothing else
//   does.
//
// A file that is there before it is first opened counts as durable. Thread safety: all functions.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <random>
#include <string>
#include <vector>

#include "records/testing/vfs_shim.h"

namespace lotmark::records {

class PowerLossVfs final : public VfsShim {
 public:
  // Which syncs do what they say; the rest only claim to. For controls: a test that cannot see the loss is worth
  // nothing.
  enum class Syncs { kHonoured, kIgnored, kIgnoredForWal, kIgnoredForNames };
  // What is counted until the power fails: writes, truncations, syncs and removals of any file, or of the database file
  // alone, which changes when the WAL is copied back into it.
  enum class Counted { kEveryChange, kChangesOfTheDatabaseFile };

  explicit PowerLossVfs(Syncs syncs = Syncs::kHonoured) : VfsShim("power-loss"), syncs_(syncs) {}

  // From now on `changes` changes succeed; at the next one the power fails: it and all that follows is an I/O error.
  void FailAfter(uint64_t changes, Counted counted);
  bool failed() const { return failed_; }

  // Writes what the disk holds after the failure into `folder`, by the lots of `seed`. REQUIRES: failed().
  void WriteSurvivors(const std::string& folder, uint32_t seed) const;

 private:
  struct Change {
    int64_t offset = 0;  // of the bytes; the new size when there are none
    Bytes bytes;
  };
  struct Node {
    Bytes durable;
    std::vector<Change> unsynced;
    bool sync_folder_too = false;
  };
  using NodePtr = std::shared_ptr<Node>;  // null: no such file
  struct Name {
    NodePtr durable, current;
  };

  int Open(const char* path, sqlite3_file* file, int flags, int* flags_out) override;
  int Delete(const char* path, bool sync_folder) override;
  int Write(sqlite3_file* file, const char* path, ByteView bytes, int64_t offset) override;
  int Truncate(sqlite3_file* file, const char* path, int64_t size) override;
  int Sync(sqlite3_file* file, const char* path, int flags) override;

  // Counts one change; true when the power fails at it or has failed before.
  bool CountChange(const std::string& path);
  void SyncFolder();
  static void Apply(const Change& change, Bytes& content);
  static Bytes DrawContent(const Node& node, double chance, std::mt19937& lots);

  const Syncs syncs_;
  mutable std::mutex mutex_;  // guards all below, and the order of changes
  std::map<std::string, Name> names_;
  uint64_t changes_left_ = UINT64_MAX;
  Counted counted_ = Counted::kEveryChange;
  std::atomic<bool> failed_ = false;
};

}  // namespace lotmark::records
