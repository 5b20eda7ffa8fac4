#include "serve/model_keeper.h"

#include <malloc.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <mutex>
#include <thread>
#include <vector>

#include "serve/folder_watch.h"

namespace lotmark::serve {
namespace {

using std::chrono::steady_clock;

// How often a replaced model is looked at until its last request is done.
constexpr std::chrono::milliseconds kRetiredInterval{50};

// Loading competes with answering on the same cores; answering matters more. Linux applies this to the thread alone.
void LowerPriorityOfThisThread() { setpriority(PRIO_PROCESS, static_cast<id_t>(syscall(SYS_gettid)), 10); }

// Two tries of one version may fail alike and yet differ in figures, such as the memory that was available.
std::string WithoutFigures(std::string text) {
  std::erase_if(text, [](char c) { return (c >= '0' && c <= '9') || c == '.'; });
  return text;
}

bool SameFailure(const LoadFailure& a, const LoadFailure& b) {
  return a.identity == b.identity && WithoutFigures(a.reason) == WithoutFigures(b.reason);
}

class Keeper final : public ModelKeeper {
 public:
  Keeper(const Options& options, std::unique_ptr<ModelSource> source, Clock& clock, Listener listener)
      : options_(options),
        source_(std::move(source)),
        clock_(clock),
        listener_(std::move(listener)),
        watch_(options.watch_folder) {}

  ~Keeper() override {
    stopping_ = true;
    watch_.Wake();
    if (thread_.joinable()) thread_.join();
  }

  Status LoadFirst() {
    LOTMARK_ASSIGN_OR_RETURN(const VersionIdentity desired, source_->ReadDesired());
    SetDesired(desired);
    return LoadAndSwap(desired, KeeperEvent::kLoaded);
  }

  void Run() {
    thread_ = std::thread([this] {
      LowerPriorityOfThisThread();
      while (!stopping_) {
        watch_.Wait(retired_.empty() ? options_.poll_interval : std::min(options_.poll_interval, kRetiredInterval));
        if (!stopping_) FollowPointer();
        FreeRetired();
      }
    });
  }

  std::shared_ptr<const classify::LoadedModel> current() const override {
    const std::lock_guard lock(mutex_);
    return model_;
  }

  KeeperState state() const override {
    const std::lock_guard lock(mutex_);
    return state_;
  }

 private:
  void FollowPointer() {
    const Result<VersionIdentity> desired = source_->ReadDesired();
    if (!desired) return NoteFailure(std::nullopt, desired.error().text);
    SetDesired(*desired);
    if (state().active == *desired) return ForgetFailure();
    if (refused_ && refused_->identity == *desired && steady_clock::now() < retry_at_) return ShowFailure(*refused_);
    if (Status loaded = LoadAndSwap(*desired, KeeperEvent::kSwapped); !loaded) {
      NoteFailure(*desired, loaded.error().text);
      retry_at_ = steady_clock::now() + options_.retry_interval;
    }
  }

  Status LoadAndSwap(const VersionIdentity& identity, KeeperEvent event) {
    SetLoading(identity);
    const auto begin = steady_clock::now();
    auto loaded = source_->Load(identity);
    const auto took = std::chrono::duration_cast<std::chrono::microseconds>(steady_clock::now() - begin);
    if (!loaded) {
      SetLoading(std::nullopt);
      ReturnMemory();
      return std::move(loaded).error();
    }
    Publish(identity, std::move(loaded).value(), took, event);
    refused_.reset();
    told_.reset();
    listener_(event, identity, "");
    ReturnMemory();
    return Ok();
  }

  void Publish(const VersionIdentity& identity, std::shared_ptr<const classify::LoadedModel> model,
               std::chrono::microseconds took, KeeperEvent event) {
    const std::lock_guard lock(mutex_);
    state_.active = identity;
    state_.loading.reset();
    state_.last_failure.reset();
    state_.last_load = took;
    state_.last_golden = model->golden().duration;
    if (event == KeeperEvent::kSwapped) ++state_.swaps;
    model_.swap(model);
    if (model) retired_.push_back(std::move(model));
  }

  // Frees old models here rather than on a request's thread. One that a request still holds waits, and nothing waits
  // for it: the pointer may move again meanwhile.
  void FreeRetired() {
    if (std::erase_if(retired_, [](const auto& model) { return model.use_count() == 1; }) > 0) ReturnMemory();
  }

  // A freed session leaves some 200 MB with the allocator; give them back to the machine.
  static void ReturnMemory() { malloc_trim(0); }

  // The listener is told once of the same failure, however often it is met: a version that stays broken for a day is
  // one event, not thousands.
  void NoteFailure(const std::optional<VersionIdentity>& identity, const std::string& reason) {
    const LoadFailure failure{identity, reason, clock_.Now()};
    if (identity) refused_ = failure;
    ShowFailure(failure);
    const bool told = told_ && SameFailure(*told_, failure);
    told_ = failure;
    if (!told) listener_(KeeperEvent::kRefused, identity, reason);
  }

  void ShowFailure(const LoadFailure& failure) {
    const std::lock_guard lock(mutex_);
    state_.last_failure = failure;
  }

  void ForgetFailure() {
    refused_.reset();
    told_.reset();
    const std::lock_guard lock(mutex_);
    state_.last_failure.reset();
  }

  void SetDesired(const VersionIdentity& identity) {
    const std::lock_guard lock(mutex_);
    state_.desired = identity;
  }
  void SetLoading(std::optional<VersionIdentity> identity) {
    const std::lock_guard lock(mutex_);
    state_.loading = std::move(identity);
  }

  const Options options_;
  const std::unique_ptr<ModelSource> source_;
  Clock& clock_;
  const Listener listener_;
  FolderWatch watch_;
  std::atomic<bool> stopping_{false};

  mutable std::mutex mutex_;
  std::shared_ptr<const classify::LoadedModel> model_;  // guarded by mutex_
  KeeperState state_;                                   // guarded by mutex_

  // Used by the keeper's thread alone (before it starts: by Start's).
  std::vector<std::shared_ptr<const classify::LoadedModel>> retired_;  // replaced, perhaps still used by requests
  std::optional<LoadFailure> refused_;                                 // the last version that could not be loaded
  std::optional<LoadFailure> told_;                                    // the last failure that the listener knows
  steady_clock::time_point retry_at_;                                  // of refused_

  std::thread thread_;
};

}  // namespace

Result<std::unique_ptr<ModelKeeper>> ModelKeeper::Start(const Options& options, std::unique_ptr<ModelSource> source,
                                                        Clock& clock, Listener listener) {
  auto keeper = std::make_unique<Keeper>(options, std::move(source), clock, std::move(listener));
  LOTMARK_RETURN_IF_ERROR(keeper->LoadFirst());
  keeper->Run();
  return std::unique_ptr<ModelKeeper>(std::move(keeper));
}

}  // namespace lotmark::serve
