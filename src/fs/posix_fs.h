// The real disk behind fs::Dir, on Linux system calls (openat2, renameat2, fsync, flock).
#pragma once

#include <memory>
#include <string>

#include "fs/fs.h"

namespace lotmark::fs {

// How paths beneath a Dir are resolved. Both ways give the same answers (a conformance suite runs on each).
enum class Resolution {
  kAutomatic,    // openat2 where the kernel and its filters allow it, else component by component
  kByComponent,  // openat with O_NOFOLLOW for each component: what container seccomp filters without openat2 need
};

// Whom the modes that fs.h promises let in.
enum class Access {
  kEverybody,
  kOwnerOnly,  // nothing for group and others, so 0600 and 0700: private keys
};

// Opens an existing folder by an ordinary path (links in it are followed: it is the operator's own word).
Result<std::unique_ptr<Dir>> OpenPosixDir(const std::string& path, Resolution resolution = Resolution::kAutomatic,
                                          Access access = Access::kEverybody);

// Creates the folder and its missing parents, synced, then opens it.
Result<std::unique_ptr<Dir>> CreatePosixDir(const std::string& path, Access access = Access::kEverybody);

// True for NFS, SMB, FUSE, 9p and other file systems whose locks and syncs SQLite's WAL cannot trust.
Result<bool> IsNetworkFileSystem(const std::string& path);

}  // namespace lotmark::fs
