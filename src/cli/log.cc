#include "cli/log.h"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include "base/encoding.h"

namespace lotmark::cli {
namespace {

// Made at the first line and kept: spdlog's loggers are safe to share between threads.
spdlog::logger& Logger() {
  static const auto logger = [] {
    auto made = std::make_shared<spdlog::logger>("lotmark", std::make_shared<spdlog::sinks::stderr_sink_mt>());
    made->set_pattern("%Y-%m-%dT%H:%M:%S.%fZ %l %v", spdlog::pattern_time_type::utc);
    made->flush_on(spdlog::level::info);
    return made;
  }();
  return *logger;
}

// Reasons quote outside text; one event must stay one line.
constexpr size_t kMaxLine = 2000;

}  // namespace

void LogInfo(const std::string& text) { Logger().info(Printable(text, kMaxLine)); }
void LogWarning(const std::string& text) { Logger().warn(Printable(text, kMaxLine)); }
void LogError(const std::string& text) { Logger().error(Printable(text, kMaxLine)); }

}  // namespace lotmark::cli
