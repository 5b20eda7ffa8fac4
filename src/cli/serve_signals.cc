#include "cli/serve_signals.h"

#include <pthread.h>

#include <cerrno>

namespace lotmark::cli {

ServeSignals::ServeSignals() {
  sigemptyset(&ending_);
  sigaddset(&ending_, SIGTERM);
  sigaddset(&ending_, SIGINT);
  all_ = ending_;
  sigaddset(&all_, SIGHUP);
  pthread_sigmask(SIG_BLOCK, &all_, nullptr);
  std::signal(SIGPIPE, SIG_IGN);  // a log collector that went away must not end the service
}

int ServeSignals::Wait() const {
  int signal = 0;
  while (sigwait(&all_, &signal) != 0) {
  }
  return signal;
}

bool ServeSignals::EndsWithin(std::chrono::seconds patience) const {
  const auto end = std::chrono::steady_clock::now() + patience;
  for (;;) {
    const auto left = std::chrono::duration_cast<std::chrono::nanoseconds>(end - std::chrono::steady_clock::now());
    if (left.count() <= 0) return false;
    const timespec wait{.tv_sec = left.count() / 1'000'000'000, .tv_nsec = left.count() % 1'000'000'000};
    if (sigtimedwait(&ending_, nullptr, &wait) > 0) return true;
    if (errno != EINTR) return false;
  }
}

std::string_view ServeSignals::Name(int signal) {
  switch (signal) {
    case SIGTERM:
      return "SIGTERM";
    case SIGINT:
      return "SIGINT";
    default:
      return "SIGHUP";
  }
}

}  // namespace lotmark::cli
