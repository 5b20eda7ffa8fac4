#include "serve/memory.h"

#include <malloc.h>

#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <sstream>

namespace lotmark::serve {
namespace {

constexpr uint64_t kPeakFactor = 3;

std::optional<std::string> ReadText(const std::string& path) {
  std::ifstream file(path);
  if (!file) return std::nullopt;
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

// The number at the start of `text`; nothing for "max" and the like.
std::optional<uint64_t> LeadingNumber(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of(" \t"), text.size()));
  uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end == text.data()) return std::nullopt;
  return value;
}

// The value behind `key` in lines such as "MemAvailable:  123 kB" or "inactive_file 123".
std::optional<uint64_t> ValueOf(const std::string& text, std::string_view key) {
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (line.rfind(key, 0) == 0) return LeadingNumber(std::string_view(line).substr(key.size()));
  }
  return std::nullopt;
}

// What one group allows beyond its use; nothing without a limit.
std::optional<uint64_t> AvailableIn(const std::string& group) {
  const auto limit_text = ReadText(group + "/memory.max");
  const auto used_text = ReadText(group + "/memory.current");
  if (!limit_text || !used_text) return std::nullopt;
  const auto limit = LeadingNumber(*limit_text);
  const auto used = LeadingNumber(*used_text);
  if (!limit || !used) return std::nullopt;
  const auto cache = ValueOf(ReadText(group + "/memory.stat").value_or(""), "inactive_file");
  const uint64_t held = *used - std::min(*used, cache.value_or(0));
  return *limit - std::min(*limit, held);
}

std::string MiB(uint64_t bytes) { return fmt::format("{} MiB", bytes >> 20); }

}  // namespace

Result<MemoryState> ReadMemoryState(const MemorySources& sources) {
  const auto meminfo = ReadText(sources.meminfo);
  const auto kilobytes = meminfo ? ValueOf(*meminfo, "MemAvailable:") : std::nullopt;
  if (!kilobytes) return MachineFailed(sources.meminfo + ": does not say MemAvailable");
  MemoryState state{.machine_available = *kilobytes * 1024, .cgroup_available = std::nullopt};
  const auto own = ReadText(sources.own_cgroup);
  const size_t line = own ? own->find("0::/") : std::string::npos;
  if (line == std::string::npos) return state;
  std::string group = own->substr(line + 3, own->find('\n', line) - line - 3);
  while (true) {
    if (const auto available = AvailableIn(sources.cgroup_root + group)) {
      state.cgroup_available = std::min(state.cgroup_available.value_or(UINT64_MAX), *available);
    }
    if (group.empty() || group == "/") return state;
    group.resize(group.rfind('/'));
  }
}

Status CheckMemoryForLoad(uint64_t artifact_bytes, const MemoryState& state) {
  const uint64_t needed = kPeakFactor * artifact_bytes;
  if (needed > state.machine_available) {
    return Refused(
        fmt::format("not enough memory to load the model: it needs about {} ({} times {}), and {} are available",
                    MiB(needed), kPeakFactor, MiB(artifact_bytes), MiB(state.machine_available)));
  }
  if (state.cgroup_available && needed > *state.cgroup_available) {
    return Refused(fmt::format(
        "not enough memory to load the model: it needs about {} ({} times {}), and the control group's limit leaves {}",
        MiB(needed), kPeakFactor, MiB(artifact_bytes), MiB(*state.cgroup_available)));
  }
  return Ok();
}

void ReturnLargeBlocksWhenFreed() {
  // Below this, blocks are worth reusing: an image of 600x450 takes 0.8 MB, and fresh pages cost time.
  constexpr int kLargeBlock = 4 << 20;
  constexpr int kKeptPerArena = 16 << 20;
  mallopt(M_MMAP_THRESHOLD, kLargeBlock);
  mallopt(M_TRIM_THRESHOLD, kKeptPerArena);
}

}  // namespace lotmark::serve
