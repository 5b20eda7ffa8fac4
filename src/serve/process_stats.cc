#include "serve/process_stats.h"

#include <sys/resource.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

namespace lotmark::serve {
namespace {

// The fields of /proc/self/stat (proc(5)) from the third on: the second is a name that may hold spaces and brackets.
constexpr size_t kFirstField = 3;
constexpr size_t kUserTicks = 14, kSystemTicks = 15, kThreads = 20, kStartTicks = 22, kVirtualBytes = 23,
                 kResidentPages = 24;

std::vector<uint64_t> StatFields() {
  std::ifstream file("/proc/self/stat");
  std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  const size_t name_end = text.rfind(')');
  if (name_end == std::string::npos) return {};
  std::istringstream rest(text.substr(name_end + 1));
  std::vector<uint64_t> fields;
  // The state is a letter and some fields are negative: none of those is asked for.
  for (std::string field; rest >> field;) fields.push_back(std::strtoull(field.c_str(), nullptr, 10));
  return fields;
}

// "btime 1769000000": when the machine started, in seconds since 1970.
std::optional<uint64_t> BootSeconds() {
  std::ifstream file("/proc/stat");
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("btime ")) return std::strtoull(line.c_str() + 6, nullptr, 10);
  }
  return std::nullopt;
}

std::optional<uint64_t> CountOpenFds() {
  std::error_code error;
  uint64_t count = 0;
  std::filesystem::directory_iterator at("/proc/self/fd", error);
  for (; !error && at != std::filesystem::directory_iterator(); at.increment(error)) ++count;
  if (error || count == 0) return std::nullopt;
  return count - 1;  // the one that looked
}

}  // namespace

ProcessStats ReadProcessStats() {
  ProcessStats stats;
  stats.open_fds = CountOpenFds();
  struct rlimit limit {};
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0) stats.max_fds = limit.rlim_cur;

  const auto fields = StatFields();
  if (fields.size() <= kResidentPages - kFirstField) return stats;
  const auto field = [&fields](size_t number) { return fields[number - kFirstField]; };
  const auto ticks_per_second = static_cast<double>(sysconf(_SC_CLK_TCK));
  stats.resident_bytes = field(kResidentPages) * static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
  stats.virtual_bytes = field(kVirtualBytes);
  stats.threads = field(kThreads);
  stats.cpu_seconds = static_cast<double>(field(kUserTicks) + field(kSystemTicks)) / ticks_per_second;
  if (const auto boot = BootSeconds()) {
    stats.start_seconds = static_cast<double>(*boot) + static_cast<double>(field(kStartTicks)) / ticks_per_second;
  }
  return stats;
}

}  // namespace lotmark::serve
