// Is there memory for loading a model beside the one that serves? Asked before a load, so that a version that is too
// large is refused with figures, and the kernel does not kill the service instead.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/result.h"

namespace lotmark::serve {

// Bytes. Pages of the file cache count as available: the kernel gives them back.
struct MemoryState {
  uint64_t machine_available = 0;
  std::optional<uint64_t> cgroup_available;  // limit less use; nothing when no limit is set
};

// Where the kernel tells; tests give files of their own.
struct MemorySources {
  std::string meminfo = "/proc/meminfo";
  std::string own_cgroup = "/proc/self/cgroup";
  std::string cgroup_root = "/sys/fs/cgroup";
};

// kMachine: the kernel's text cannot be read. Control groups of version 2, from this process's own group up to the
// root: the tightest limit counts. (Version 1 is not looked at; Debian 12 and current container runtimes use
// version 2.)
Result<MemoryState> ReadMemoryState(const MemorySources& sources = {});

// Loading peaks at about three times the model files: the bytes, the parsed model, and the optimised copy (measured
// with ONNX Runtime). kRefused with the figures when less than that is available.
Status CheckMemoryForLoad(uint64_t artifact_bytes, const MemoryState& state);

// Has the allocator take large blocks, such as an image's pixels, from the machine one by one and give each back when
// it is freed. By default glibc learns from the first ones freed to keep blocks of up to 32 MiB for reuse, in each
// thread's arena: twelve workers that share memory for two 27 MB images were seen to hold 328 MB. REQUIRES: called
// before the threads of the service start.
void ReturnLargeBlocksWhenFreed();

}  // namespace lotmark::serve
