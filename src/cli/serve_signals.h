// The signals of a service, taken by one thread and by nobody else: SIGTERM and SIGINT end it, SIGHUP makes it read its
// settings again.
#pragma once

#include <chrono>
#include <csignal>
#include <string_view>

namespace lotmark::cli {

class ServeSignals {
 public:
  // REQUIRES: made before any thread starts, which inherits the mask.
  ServeSignals();

  // The next one, SIGHUP too: SIGTERM, SIGINT or SIGHUP.
  int Wait() const;
  // True when SIGTERM or SIGINT came within `patience`; SIGHUP waits, as it always does for a service that ends.
  bool EndsWithin(std::chrono::seconds patience) const;

  static std::string_view Name(int signal);

 private:
  sigset_t all_{};
  sigset_t ending_{};
};

}  // namespace lotmark::cli
