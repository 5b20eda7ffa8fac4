#include "cli/log_writer.h"

#include <poll.h>
#include <pthread.h>
#include <unistd.h>

#include <cerrno>
#include <condition_variable>
#include <csignal>
#include <mutex>
#include <utility>

namespace lotmark::cli {

struct LogWriter::State {
  State(int descriptor, std::function<std::string(uint64_t)> tell) : fd(descriptor), tell_dropped(std::move(tell)) {}

  const int fd;
  const std::function<std::string(uint64_t)> tell_dropped;
  std::mutex mutex;  // guards all below
  std::condition_variable changed;
  std::string waiting;  // whole lines
  uint64_t dropped = 0;
  uint64_t untold = 0;  // dropped since the log last said so
  bool stopping = false;
  bool ended = false;
};

LogWriter::LogWriter(int fd, std::function<std::string(uint64_t)> tell_dropped)
    : state_(std::make_shared<State>(fd, std::move(tell_dropped))), thread_([state = state_] { Run(state); }) {}

LogWriter::~LogWriter() {
  std::unique_lock lock(state_->mutex);
  state_->stopping = true;
  state_->changed.notify_all();
  const bool ended = state_->changed.wait_for(lock, kPatience, [this] { return state_->ended; });
  lock.unlock();
  if (ended) {
    thread_.join();
  } else {
    thread_.detach();
  }
}

void LogWriter::Write(std::string line) {
  line += '\n';
  const std::lock_guard lock(state_->mutex);
  if (state_->waiting.size() + line.size() > kMaxWaitingBytes) {
    ++state_->dropped;
    ++state_->untold;
    return;
  }
  const bool was_empty = state_->waiting.empty();
  state_->waiting += line;
  if (was_empty) state_->changed.notify_all();
}

uint64_t LogWriter::dropped() const {
  const std::lock_guard lock(state_->mutex);
  return state_->dropped;
}

void LogWriter::Run(const std::shared_ptr<State>& state) {
  // Signals are for the threads that wait for them.
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, nullptr);

  std::unique_lock lock(state->mutex);
  while (true) {
    state->changed.wait(lock, [&] { return state->stopping || !state->waiting.empty(); });
    if (state->waiting.empty()) break;
    std::string lines;
    lines.swap(state->waiting);
    if (state->untold > 0) lines += state->tell_dropped(std::exchange(state->untold, 0)) + '\n';
    lock.unlock();
    WriteAll(state->fd, lines);
    lock.lock();
  }
  state->ended = true;
  state->changed.notify_all();
}

void WriteAll(int fd, const std::string& text) {
  for (size_t at = 0; at < text.size();) {
    const ssize_t count = ::write(fd, text.data() + at, text.size() - at);
    if (count > 0) {
      at += static_cast<size_t>(count);
    } else if (count < 0 && errno == EAGAIN) {
      pollfd ready{.fd = fd, .events = POLLOUT, .revents = 0};
      ::poll(&ready, 1, -1);
    } else if (count == 0 || errno != EINTR) {
      return;
    }
  }
}

}  // namespace lotmark::cli
