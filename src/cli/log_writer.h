// Writes lines to a descriptor from a thread of its own, so that whoever logs never waits for whoever reads the log.
//
// What waits is bounded: a reader that stalls (a pipe that nobody empties, a terminal that was stopped, a disk that
// hangs) costs lines, not requests. The newest are dropped, since the first ones tell how it began; how many is counted
// and written once there is room again.
//
// *Durability*: none; a line is the kernel's within moments while the reader keeps up.
// Thread safety: Write and dropped from any thread; the destructor when nobody writes any more.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <thread>

namespace lotmark::cli {

class LogWriter {
 public:
  static constexpr size_t kMaxWaitingBytes = size_t{1} << 20;
  static constexpr std::chrono::milliseconds kPatience{2000};

  // `tell_dropped` makes the line that says how many lines are missing at its place.
  LogWriter(int fd, std::function<std::string(uint64_t count)> tell_dropped);
  // Writes what waits, for at most kPatience; then it is left behind with its thread, as a write that hangs cannot be
  // called back.
  ~LogWriter();
  LogWriter(const LogWriter&) = delete;
  LogWriter& operator=(const LogWriter&) = delete;

  // Takes one line without its end. Never blocks on the descriptor.
  void Write(std::string line);
  uint64_t dropped() const;

 private:
  struct State;  // shared with the thread, which may outlive this
  static void Run(const std::shared_ptr<State>& state);

  std::shared_ptr<State> state_;
  std::thread thread_;
};

// All of `text` to `fd`, however often it takes. Errors are ignored: there is nowhere left to tell them.
void WriteAll(int fd, const std::string& text);

}  // namespace lotmark::cli
