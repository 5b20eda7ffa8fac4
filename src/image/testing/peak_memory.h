// How much memory this process took at most since a moment: the kernel's own count, whoever allocated it.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <optional>
#include <string>

namespace lotmark::image {

class PeakMemory {
 public:
  // Sets the kernel's high-water mark back to what is in use now.
  PeakMemory() {
    std::ofstream reset("/proc/self/clear_refs");
    reset << "5" << std::flush;
    works_ = reset.good();
    begin_ = StatusBytes("VmRSS:");
  }
  // Bytes above the beginning; nothing where the kernel does not let the mark be set, or a sanitizer holds on to what
  // was freed.
  std::optional<uint64_t> Growth() const {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    return std::nullopt;
#endif
    if (!works_) return std::nullopt;
    const uint64_t peak = StatusBytes("VmHWM:");
    return peak > begin_ ? peak - begin_ : 0;
  }

 private:
  static uint64_t StatusBytes(const std::string& name) {
    std::ifstream status("/proc/self/status");
    for (std::string line; std::getline(status, line);) {
      if (line.starts_with(name)) return std::strtoull(line.c_str() + name.size(), nullptr, 10) * 1024;
    }
    return 0;
  }

  bool works_ = false;
  uint64_t begin_ = 0;
};

}  // namespace lotmark::image
