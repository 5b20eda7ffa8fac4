#include "serve/model_keeper.h"

#include <malloc.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <mutex>
#include <thread>

#include "serve/folder_watch.h"

namespace lotmark::serve {
namespace {

using std::chrono::steady_clock;

// Loading competes with answering on the same cores; answering matters more. Linux applies this to the thread alone.
void LowerPriorityOfThisThread() { setpriority(PRIO_PROCESS, static_cast<id_t>(syscall(SYS_gettid)), 10); }

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
        watch_.Wait(options_.poll_interval);
        if (!stopping_) FollowPointer();
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
    if (!desired) return NoteUnreadablePointer(desired.error());
    SetDesired(*desired);
    if (state().active == *desired) return ForgetFailure();
    const bool failed_before = failed_ == *desired;
    if (failed_before && steady_clock::now() < retry_at_) return;
    if (Status loaded = LoadAndSwap(*desired, KeeperEvent::kSwapped); !loaded) {
      failed_ = *desired;
      retry_at_ = steady_clock::now() + options_.retry_interval;
      NoteFailure(*desired, loaded.error().text);
    }
  }

  Status LoadAndSwap(const VersionIdentity& identity, KeeperEvent event) {
    SetLoading(identity);
    const auto begin = steady_clock::now();
    auto loaded = source_->Load(identity);
    const auto took = std::chrono::duration_cast<std::chrono::microseconds>(steady_clock::now() - begin);
    SetLoading(std::nullopt);
    if (!loaded) {
      ReturnMemory();
      return std::move(loaded).error();
    }
    std::shared_ptr<const classify::LoadedModel> old = std::move(loaded).value();
    {
      const std::lock_guard lock(mutex_);
      model_.swap(old);
      state_.active = identity;
      state_.last_failure.reset();
      state_.last_load = took;
      if (event == KeeperEvent::kSwapped) ++state_.swaps;
    }
    failed_.reset();
    listener_(event, identity, "");
    WaitUntilUnused(old);
    ReturnMemory();
    return Ok();
  }

  // Frees the old model here rather than on a request's thread, unless a request holds it unusually long.
  void WaitUntilUnused(std::shared_ptr<const classify::LoadedModel>& old) const {
    const auto give_up = steady_clock::now() + std::chrono::seconds(10);
    while (old.use_count() > 1 && !stopping_ && steady_clock::now() < give_up) {
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    old.reset();
  }

  // A freed session leaves some 200 MB with the allocator; give them back to the machine.
  static void ReturnMemory() { malloc_trim(0); }

  void NoteUnreadablePointer(const Error& error) {
    if (last_pointer_error_ == error.text) return;
    last_pointer_error_ = error.text;
    const std::lock_guard lock(mutex_);
    state_.last_failure = LoadFailure{std::nullopt, error.text, clock_.Now()};
  }

  void NoteFailure(const VersionIdentity& identity, const std::string& reason) {
    {
      const std::lock_guard lock(mutex_);
      state_.last_failure = LoadFailure{identity, reason, clock_.Now()};
    }
    listener_(KeeperEvent::kRefused, identity, reason);
  }

  void ForgetFailure() {
    failed_.reset();
    last_pointer_error_.clear();
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

  // Used by the keeper's thread alone.
  std::optional<VersionIdentity> failed_;
  steady_clock::time_point retry_at_;
  std::string last_pointer_error_;

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
