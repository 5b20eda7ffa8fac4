// Open files and locks of the file system in memory.
#pragma once

#include <memory>
#include <string>

#include "fs/fs.h"
#include "fs/testing/mem_machine.h"

namespace lotmark::fs {

std::unique_ptr<ReadableFile> MakeMemReadable(std::shared_ptr<MemMachine> machine, MemNodePtr node,
                                              std::string display);
std::unique_ptr<WritableFile> MakeMemWritable(std::shared_ptr<MemMachine> machine, MemNodePtr node,
                                              std::string display);

// Marks `node` as locked until the lock is destroyed; kBusy when it is already. REQUIRES: the machine's lock is held.
Result<std::unique_ptr<FileLock>> TryMemLock(std::shared_ptr<MemMachine> machine, MemNodePtr node,
                                             const std::string& display);

}  // namespace lotmark::fs
