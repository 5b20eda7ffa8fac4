// fs::Dir over a folder of the disk in memory.
#pragma once

#include <memory>
#include <string>

#include "fs/fs.h"
#include "fs/testing/mem_machine.h"

namespace lotmark::fs {

std::unique_ptr<Dir> MakeMemDir(std::shared_ptr<MemMachine> machine, MemNodePtr folder, std::string display);

}  // namespace lotmark::fs
