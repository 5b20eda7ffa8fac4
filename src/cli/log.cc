#include "cli/log.h"

#include <fmt/format.h>
#include <unistd.h>

#include <memory>
#include <mutex>

#include "base/clock.h"
#include "base/encoding.h"
#include "base/json.h"
#include "cli/log_writer.h"

namespace lotmark::cli {
namespace {

// Reasons quote outside text; one event must stay one line.
constexpr size_t kMaxMessage = 2000;
constexpr size_t kMaxField = 500;

const char* LevelName(LogLevel level) {
  switch (level) {
    case LogLevel::kInfo:
      return "info";
    case LogLevel::kWarning:
      return "warning";
    case LogLevel::kError:
      return "error";
  }
  return "";
}

std::string Now() { return FormatUtc(SystemClock().Now()); }

// The log of the process: free functions write to it, so that no room has to be handed it only to complain.
struct Current {
  std::mutex mutex;
  LogFormat format = LogFormat::kText;
  std::shared_ptr<LogWriter> writer;  // while a session lives
};
Current& TheLog() {
  static Current current;
  return current;
}

std::string TextValue(const LogEvent::Value& value) {
  if (const auto* number = std::get_if<int64_t>(&value)) return std::to_string(*number);
  if (const auto* number = std::get_if<double>(&value)) return fmt::format("{}", *number);
  const std::string text = Printable(std::get<std::string>(value), kMaxField);
  return text.find_first_of(" =\"") == std::string::npos && !text.empty() ? text : DumpJson(Json(text));
}

Json JsonValue(const LogEvent::Value& value) {
  if (const auto* number = std::get_if<int64_t>(&value)) return *number;
  if (const auto* number = std::get_if<double>(&value)) return *number;
  return Printable(std::get<std::string>(value), kMaxField);
}

}  // namespace

Result<LogFormat> ParseLogFormat(std::string_view text) {
  if (text == "text") return LogFormat::kText;
  if (text == "json") return LogFormat::kJson;
  return Error{ErrorCode::kUsage, "log format '" + Printable(text, 40) + "': must be 'text' or 'json'"};
}

std::string FormatLogLine(LogFormat format, const std::string& time, const LogEvent& event) {
  const std::string message = Printable(event.message, kMaxMessage);
  if (format == LogFormat::kText) {
    std::string line = time + ' ' + LevelName(event.level) + ' ' + message;
    for (const auto& [key, value] : event.fields) line += fmt::format(" {}={}", key, TextValue(value));
    return line;
  }
  Json line;
  line["time"] = time;
  line["level"] = LevelName(event.level);
  line["event"] = event.event;
  line["message"] = message;
  for (const auto& [key, value] : event.fields) line[std::string(key)] = JsonValue(value);
  return DumpJson(line);
}

void Log(const LogEvent& event) {
  Current& log = TheLog();
  std::unique_lock lock(log.mutex);
  const LogFormat format = log.format;
  const std::shared_ptr<LogWriter> writer = log.writer;
  lock.unlock();
  std::string line = FormatLogLine(format, Now(), event);
  if (writer) return writer->Write(std::move(line));
  WriteAll(STDERR_FILENO, line + '\n');
}

void LogInfo(const std::string& text) { Log({.level = LogLevel::kInfo, .message = text}); }
void LogWarning(const std::string& text) { Log({.level = LogLevel::kWarning, .message = text}); }
void LogError(const std::string& text) { Log({.level = LogLevel::kError, .event = "failure", .message = text}); }

LogSession::LogSession(LogFormat format) {
  const auto tell = [format](uint64_t count) {
    return FormatLogLine(format, Now(),
                         {.level = LogLevel::kWarning,
                          .event = "log_dropped",
                          .message = fmt::format("{} lines are missing here: nobody read the log", count),
                          .fields = {{"count", static_cast<int64_t>(count)}}});
  };
  Current& log = TheLog();
  const std::lock_guard lock(log.mutex);
  log.format = format;
  log.writer = std::make_shared<LogWriter>(STDERR_FILENO, tell);
}

LogSession::~LogSession() {
  Current& log = TheLog();
  std::unique_lock lock(log.mutex);
  const std::shared_ptr<LogWriter> writer = std::move(log.writer);
  log.writer.reset();
  lock.unlock();
}

uint64_t DroppedLogLines() {
  Current& log = TheLog();
  const std::lock_guard lock(log.mutex);
  return log.writer ? log.writer->dropped() : 0;
}

}  // namespace lotmark::cli
