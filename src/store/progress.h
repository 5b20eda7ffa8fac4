// How far a long copy or verification has come, for a progress bar and for Ctrl-C.
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

namespace lotmark::store {

struct Progress {
  std::string_view file;     // the file in hand, beneath its version's folder
  uint64_t bytes_done = 0;   // of all files
  uint64_t bytes_total = 0;  // of all files
};

// Never called by two threads at once. Return false to interrupt: the operation then ends with kRefused "interrupted"
// and leaves nothing behind. An empty function is never called.
using ProgressFn = std::function<bool(const Progress&)>;

}  // namespace lotmark::store
