// A progress bar for long copies and verifications, and Ctrl-C for them.
#pragma once

#include <chrono>
#include <string>

#include "store/progress.h"

namespace lotmark::cli {

// Draws on standard error while it lives, only when that is a terminal; the line is wiped at the end.
// While it lives, the first Ctrl-C (or SIGTERM) makes the progress function say "interrupt" instead of killing the
// process, so that the operation cleans up after itself. One bar at a time.
class ProgressBar {
 public:
  explicit ProgressBar(std::string label);
  ~ProgressBar();
  ProgressBar(const ProgressBar&) = delete;
  ProgressBar& operator=(const ProgressBar&) = delete;

  // Borrows this bar.
  store::ProgressFn Function();

 private:
  void Draw(const store::Progress& progress);

  const std::string label_;
  const bool on_terminal_;
  const std::chrono::steady_clock::time_point begin_;
  std::chrono::steady_clock::time_point drawn_;
};

}  // namespace lotmark::cli
