#include "cli/progress_bar.h"

#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>

#include "base/encoding.h"

namespace lotmark::cli {
namespace {

using std::chrono::steady_clock;

constexpr int kWidth = 28;  // of the bar, in characters
constexpr auto kRedrawEvery = std::chrono::milliseconds(100);

volatile std::sig_atomic_t interrupted = 0;  // set by the handler: the one global a signal needs

void OnSignal(int) { interrupted = 1; }

// Not fmt::print, which throws when the terminal is gone.
void ToTerminal(const std::string& text) {
  std::fputs(text.c_str(), stderr);
  std::fflush(stderr);
}

// What was ignored stays ignored: a shell starts its background jobs so.
void Handle(int signal) {
  if (std::signal(signal, OnSignal) == SIG_IGN) std::signal(signal, SIG_IGN);
}
void Restore(int signal) {
  if (std::signal(signal, SIG_DFL) == SIG_IGN) std::signal(signal, SIG_IGN);
}

double MiB(uint64_t bytes) { return static_cast<double>(bytes) / (1 << 20); }

}  // namespace

ProgressBar::ProgressBar(std::string label)
    : label_(std::move(label)), on_terminal_(isatty(STDERR_FILENO) == 1), begin_(steady_clock::now()), drawn_(begin_) {
  interrupted = 0;
  Handle(SIGINT);
  Handle(SIGTERM);
}

ProgressBar::~ProgressBar() {
  Restore(SIGINT);
  Restore(SIGTERM);
  if (on_terminal_) ToTerminal("\r\033[K");
}

store::ProgressFn ProgressBar::Function() {
  return [this](const store::Progress& progress) {
    if (on_terminal_) Draw(progress);
    return interrupted == 0;
  };
}

void ProgressBar::Draw(const store::Progress& progress) {
  const auto now = steady_clock::now();
  if (now - drawn_ < kRedrawEvery) return;
  drawn_ = now;
  const double total = static_cast<double>(std::max<uint64_t>(progress.bytes_total, 1));
  const double share = std::min(1.0, static_cast<double>(progress.bytes_done) / total);
  const double seconds = std::chrono::duration<double>(now - begin_).count();
  const auto filled = static_cast<size_t>(share * kWidth);
  ToTerminal(fmt::format("\r\033[K{} [{}{}] {:3.0f} %  {:.0f}/{:.0f} MiB  {:.0f} MiB/s  {}", label_,
                         std::string(filled, '#'), std::string(kWidth - filled, ' '), share * 100,
                         MiB(progress.bytes_done), MiB(progress.bytes_total),
                         MiB(progress.bytes_done) / std::max(seconds, 1e-3), Printable(progress.file)));
}

}  // namespace lotmark::cli
