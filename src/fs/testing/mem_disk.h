// What a disk keeps: folders, files and links in memory, each with the state that programs see and the state that would
// survive a power loss.
//
// The model, on the strict side of what Linux file systems promise:
// - the bytes of a file survive up to its last Sync;
// - a name that was made, renamed or removed survives once its folder was synced, a rename across folders once both
//   were; until then a crash may keep or undo it, but never halve it: no entry is in both places or in neither;
// - a change of a name survives no earlier than the changes of the same name before it;
// - modes and the text of links are part of the entry.
//
// Thread safety: none; MemFs holds its lock.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "fs/fs.h"

namespace lotmark::fs {

enum class CrashMode {
  kLoseUnsynced,  // everything that was not synced is undone
  kKeepAll,       // everything was written just in time
  kTornWrite,     // names as in kKeepAll, but of each file only half of the bytes that were not synced
};

struct MemNode;
using MemNodePtr = std::shared_ptr<MemNode>;
using MemEntries = std::map<std::string, MemNodePtr, std::less<>>;

struct MemNode {
  EntryKind kind = EntryKind::kFile;
  uint64_t inode = 0;
  bool read_only = false;
  bool removed = false;  // of a folder: it has no name any more, nothing can be made in it
  bool locked = false;

  Bytes content;           // of a file
  size_t synced_size = 0;  // files only grow, so what survives is a beginning
  std::string link_text;   // of a link
  MemEntries entries;      // of a folder, as programs see it
  MemEntries synced_entries;
};

// `name` in `folder` now means `node`; nullptr: nothing.
struct EntryChange {
  MemNodePtr folder;
  std::string name;
  MemNodePtr node;
};

class MemDisk {
 public:
  MemDisk();

  const MemNodePtr& root() const { return root_; }
  MemNodePtr NewNode(EntryKind kind);
  // Carries out the changes as one: they survive together or not at all.
  void Change(std::vector<EntryChange> changes);
  void SyncFolder(const MemNode& folder);

  // The disk after a crash now, in state `mode`. Locks are free, nothing is unsynced.
  MemDisk Survivors(CrashMode mode) const;

  // One line for each entry, as programs see it, followed by what it holds.
  std::string Contents() const;

 private:
  struct Pending {
    std::vector<EntryChange> changes;
    std::set<const MemNode*> unsynced;  // folders that must be synced before the changes survive
  };

  uint64_t last_inode_ = 0;
  MemNodePtr root_;
  std::vector<Pending> pending_;  // in the order they were made
};

}  // namespace lotmark::fs
