// Hashing many files at once: one file per thread, as many threads as there are processors.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "fs/file_ops.h"
#include "fs/fs.h"
#include "store/progress.h"

namespace lotmark::store {

struct HashJob {
  fs::Dir* folder = nullptr;  // must outlive the call
  std::string path;           // beneath the folder
  uint64_t size = 0;          // as far as known; for the progress only
};

// The results in the order of the jobs. An error of the whole is only kRefused "interrupted" by `progress`.
Result<std::vector<Result<fs::HashedFile>>> HashAll(const std::vector<HashJob>& jobs, const ProgressFn& progress);

}  // namespace lotmark::store
