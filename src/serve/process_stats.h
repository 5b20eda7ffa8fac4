// What the kernel knows about this process, under the names that Prometheus' client libraries gave these figures.
#pragma once

#include <cstdint>
#include <optional>

namespace lotmark::serve {

// Each figure is missing when the kernel does not tell it.
struct ProcessStats {
  std::optional<uint64_t> resident_bytes;
  std::optional<uint64_t> virtual_bytes;
  std::optional<double> cpu_seconds;
  std::optional<double> start_seconds;  // since 1970
  std::optional<uint64_t> open_fds;
  std::optional<uint64_t> max_fds;
  std::optional<uint64_t> threads;
};

// Thread safety: any thread. Allocates little; takes one descriptor for a moment.
ProcessStats ReadProcessStats();

}  // namespace lotmark::serve
