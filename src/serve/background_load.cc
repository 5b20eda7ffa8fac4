#include "serve/background_load.h"

#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>

namespace lotmark::serve {
namespace {

using std::chrono::steady_clock;

constexpr int kNiceness = 10;

// Linux applies this to the thread alone, and to those that it starts.
void LowerPriorityOfThisThread() {
  const auto thread = static_cast<id_t>(syscall(SYS_gettid));
  if (getpriority(PRIO_PROCESS, thread) < kNiceness) setpriority(PRIO_PROCESS, thread, kNiceness);
}

}  // namespace

struct BackgroundLoad::Running {
  explicit Running(const VersionIdentity& wanted) : identity(wanted) {}

  const VersionIdentity identity;
  std::optional<Model> model = {};
  std::chrono::microseconds took{0};
  std::atomic<bool> ended{false};  // set after the two above
  std::thread thread = {};
};

BackgroundLoad::BackgroundLoad(ModelSource& source, std::function<void()> on_end)
    : source_(source), on_end_(std::move(on_end)) {}

BackgroundLoad::~BackgroundLoad() {
  if (running_) running_->thread.join();
}

void BackgroundLoad::Begin(const VersionIdentity& identity) {
  running_ = std::make_unique<Running>(identity);
  running_->thread = std::thread([this, &running = *running_] {
    LowerPriorityOfThisThread();
    const auto begin = steady_clock::now();
    running.model = source_.Load(running.identity);
    running.took = std::chrono::duration_cast<std::chrono::microseconds>(steady_clock::now() - begin);
    running.ended = true;
    on_end_();
  });
}

std::optional<BackgroundLoad::Finished> BackgroundLoad::Take() {
  if (!running_ || !running_->ended) return std::nullopt;
  const std::unique_ptr<Running> done = std::move(running_);
  done->thread.join();
  return Finished{done->identity, *std::move(done->model), done->took};
}

}  // namespace lotmark::serve
