// Folders and files as the store sees them: everything goes through an open folder (Dir), never through a path string.
//
// Why: (1) a path that is resolved twice can mean two things; an open folder cannot be swapped for another in between.
// (2) No name from outside may leave its folder: every path given here is relative, resolved beneath the Dir, and no
// symbolic link in it is followed. (3) Tests replace the disk by one that dies at operation n (fs/testing/mem_fs.h).
//
// Invariant: no std::ofstream, rename or unlink outside this room.
// Paths: one or more components joined by '/', none of them empty, "." or ".."; no NUL; at most 255 bytes a component.
// Anything else is kRefused.
// Errors: kNotFound (no such entry), kRefused (not what was asked for: a link, a device, a folder where a file is
// wanted; the path is not allowed), kConflict (it exists already), kNoSpace, kBusy (lock held), kMachine (the rest: the
// text names the path, the operation and errno's words).
// Thread safety: distinct objects are independent; a Dir may be used by several threads.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"

namespace lotmark::fs {

enum class EntryKind { kFile, kFolder, kLink, kOther };
// For messages: "a regular file", "a folder", "a symbolic link", "a device, pipe or socket".
std::string_view KindName(EntryKind kind);

struct EntryInfo {
  EntryKind kind = EntryKind::kOther;
  uint64_t size = 0;  // bytes, of a file
  uint64_t inode = 0;
  uint64_t device = 0;
};

struct Entry {
  std::string name;
  EntryKind kind = EntryKind::kOther;
};

// A regular file open for reading.
class ReadableFile {
 public:
  virtual ~ReadableFile() = default;
  // Reads up to out.size() bytes from `offset`; fewer only at the end of the file. Returns how many.
  virtual Result<size_t> ReadAt(uint64_t offset, std::span<uint8_t> out) = 0;
  virtual Result<uint64_t> Size() = 0;
  // For system calls that move a file's bytes without reading them here; nothing where there is no real file. It stays
  // this object's own.
  virtual std::optional<int> descriptor() const { return std::nullopt; }
};

// A new regular file open for appending.
class WritableFile {
 public:
  virtual ~WritableFile() = default;
  virtual Status Append(ByteView bytes) = 0;
  // On OK the bytes appended so far survive power loss (the name does once its folder is synced too). After an error
  // the file counts as lost: the kernel may have dropped the pages, so a second Sync proves nothing.
  virtual Status Sync() = 0;
  virtual Status Close() = 0;
};

// Holds an exclusive flock until destroyed. The kernel drops it when the process dies, so it never goes stale.
class FileLock {
 public:
  virtual ~FileLock() = default;
};

class Dir {
 public:
  virtual ~Dir() = default;

  virtual Result<std::unique_ptr<Dir>> OpenDir(std::string_view path) = 0;
  virtual Result<std::unique_ptr<ReadableFile>> OpenFile(std::string_view path) = 0;
  // Creates a file that must not exist yet, mode 0644 less the umask.
  virtual Result<std::unique_ptr<WritableFile>> CreateFile(std::string_view path) = 0;
  virtual Status MakeDir(std::string_view path) = 0;
  // Creates a symbolic link with exactly this text; the name must not exist yet.
  virtual Status MakeLink(std::string_view target_text, std::string_view path) = 0;
  virtual Result<std::string> ReadLink(std::string_view path) = 0;
  // Of the entry itself: a link is reported as a link.
  virtual Result<EntryInfo> Stat(std::string_view path) = 0;
  // The entries of this folder, sorted by name, without "." and "..".
  virtual Result<std::vector<Entry>> List() = 0;

  // Replaces `to` when it is a file or a link and `from` is no folder (a folder replaces nothing: kRefused). Survives
  // power loss only after both parent folders are synced.
  virtual Status Rename(std::string_view from, std::string_view to) = 0;
  // As Rename, but kConflict when `to` exists.
  virtual Status RenameNoReplace(std::string_view from, std::string_view to) = 0;
  virtual Status RemoveFile(std::string_view path) = 0;  // a file or a link
  virtual Status RemoveDir(std::string_view path) = 0;   // an empty folder
  // Mode 0444 for a file, 0555 for a folder. Not a protection against root; a reminder to people.
  virtual Status MakeReadOnly(std::string_view path) = 0;
  // Mode 0644 / 0755, before something is removed.
  virtual Status MakeWritable(std::string_view path) = 0;
  // On OK the names created, renamed and removed directly in this folder survive power loss.
  virtual Status Sync() = 0;

  // Creates the lock file if need be and takes its flock without waiting; kBusy when somebody holds it.
  // The file stays when the lock is dropped: removing it would let two holders lock two files of one name.
  virtual Result<std::unique_ptr<FileLock>> TryLock(std::string_view path) = 0;
  // The flock of this folder itself, for as long as the folder lives, whatever its name becomes.
  virtual Result<std::unique_ptr<FileLock>> TryLockSelf() = 0;

  // For messages only.
  virtual std::string DisplayPath() const = 0;
};

}  // namespace lotmark::fs
