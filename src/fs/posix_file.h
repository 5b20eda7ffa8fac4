// Regular files and locks of the real disk, by open folder and single name.
#pragma once

#include <sys/stat.h>

#include <memory>
#include <string>

#include "fs/fs.h"
#include "fs/unique_fd.h"

namespace lotmark::fs {

// One entry of an open folder: what every system call ending in "at" takes.
struct Place {
  int folder = -1;
  std::string name;     // one component
  std::string display;  // for messages
  UniqueFd keeps_open;  // owns `folder` where it was opened only to find this entry
};

EntryKind KindOf(mode_t mode);

// Opens `place` for reading if it is of an accepted kind; never follows a link, never waits for the other end of a
// FIFO. kRefused says what it is instead.
enum class Accept { kFileOnly, kFileOrFolder };
Result<UniqueFd> OpenExisting(const Place& place, Accept accept);

Result<std::unique_ptr<ReadableFile>> OpenReadable(const Place& place);
Result<std::unique_ptr<WritableFile>> CreateWritable(const Place& place, mode_t mode);

// Takes the flock of an open file or folder; kBusy when another open descriptor holds it.
Result<std::unique_ptr<FileLock>> TryFlock(UniqueFd fd, const std::string& display);
Result<std::unique_ptr<FileLock>> TryLockFile(const Place& place);

}  // namespace lotmark::fs
