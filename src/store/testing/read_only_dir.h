// A folder of which only reading succeeds, as on a volume mounted read-only: it proves that a reader writes nothing.
#pragma once

#include <memory>

#include "fs/fs.h"

namespace lotmark::store {

// Every operation that would change something, and every lock, fails with kMachine "read-only file system".
std::unique_ptr<fs::Dir> MakeReadOnlyDir(std::unique_ptr<fs::Dir> inner);

}  // namespace lotmark::store
