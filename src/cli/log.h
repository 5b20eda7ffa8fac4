// The service's log: one line an event, on standard error, where systemd and container runtimes collect it.
//
//   text  2026-11-25T08:00:00.000000Z info the message key=value key="a value"
//   json  {"time": …, "level": …, "event": …, "message": …, further fields}
//
// Never an image, a reference, a token or a query. Outside text goes through Printable, so an event stays one line.
//
// A reader that stalls must not stall the service: while a LogSession lives, lines go through a bounded queue to a
// thread of its own, and what does not fit is dropped and counted (log_writer.h). Without a session lines are written
// at once.
//
// Thread safety: all functions may be called from any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/result.h"

namespace lotmark::cli {

enum class LogFormat { kText, kJson };
// kUsage: neither "text" nor "json".
Result<LogFormat> ParseLogFormat(std::string_view text);

enum class LogLevel { kInfo, kWarning, kError };

struct LogEvent {
  using Value = std::variant<std::string, int64_t, double>;

  LogLevel level = LogLevel::kInfo;
  std::string_view event = "service";  // what programs select by: a word of a fixed set
  std::string message = {};
  std::vector<std::pair<std::string_view, Value>> fields = {};
};

void Log(const LogEvent& event);
void LogInfo(const std::string& text);
void LogWarning(const std::string& text);
void LogError(const std::string& text);

// One at a time in a process. REQUIRES: signals that the program waits for are blocked before it is made.
class LogSession {
 public:
  explicit LogSession(LogFormat format);
  // Waits a moment for what is queued to be read.
  ~LogSession();
  LogSession(const LogSession&) = delete;
  LogSession& operator=(const LogSession&) = delete;
};

// Since the session began.
uint64_t DroppedLogLines();

// The line, without its end. `time` as FormatUtc gives it.
std::string FormatLogLine(LogFormat format, const std::string& time, const LogEvent& event);

}  // namespace lotmark::cli
