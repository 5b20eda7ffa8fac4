#include "serve/model_keeper.h"

#include <malloc.h>

#include <algorithm>
#include <atomic>
#include <mutex>
#include <thread>
#include <vector>

#include "serve/background_load.h"
#include "serve/folder_watch.h"

namespace lotmark::serve {
namespace {

using std::chrono::steady_clock;

// How often a replaced model is looked at until its last request is done.
constexpr std::chrono::milliseconds kRetiredInterval{50};

// Two tries of one version may fail alike and yet differ in figures, such as the memory that was available.
std::string WithoutFigures(std::string text) {
  std::erase_if(text, [](char c) { return (c >= '0' && c <= '9') || c == '.'; });
  return text;
}

bool SameFailure(const LoadFailure& a, const LoadFailure& b) {
  return a.identity == b.identity && WithoutFigures(a.reason) == WithoutFigures(b.reason);
}

std::string NameOf(const VersionIdentity& identity) { return identity.model.text() + " " + identity.version.text(); }

Error WithdrawnMeanwhile(const VersionIdentity& identity, const Withdrawal& withdrawal) {
  return Refused(NameOf(identity) + " " + withdrawal.reason + " while it was being loaded");
}

struct KeptModel {
  VersionIdentity identity;
  std::shared_ptr<const classify::LoadedModel> model;
};

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
    const auto begin = steady_clock::now();
    LOTMARK_ASSIGN_OR_RETURN(auto model, source_->Load(desired));
    const auto took = std::chrono::duration_cast<std::chrono::microseconds>(steady_clock::now() - begin);
    const auto now_desired = source_->ReadDesired();
    if (const auto withdrawal = source_->Withdrawn(desired)) return WithdrawnMeanwhile(desired, *withdrawal);
    SetDesired(now_desired);
    Publish(desired, std::move(model), LoadTimeOf{took}, KeeperEvent::kLoaded);
    ReturnMemory();
    return Ok();
  }

  void Run() {
    thread_ = std::thread([this] {
      while (!stopping_) {
        watch_.Wait(UntilNextLook());
        if (!stopping_) Look();
        FreeRetired();
      }
    });
  }

  Result<std::shared_ptr<const classify::LoadedModel>> current() const override {
    const std::lock_guard lock(mutex_);
    if (Refusing()) {
      return Error{ErrorCode::kWithdrawn, NameOf(*state_.active) + " " + state_.withdrawn->reason +
                                              ", and no other version is ready to serve"};
    }
    return model_;
  }

  KeeperState state() const override {
    const std::lock_guard lock(mutex_);
    KeeperState copy = state_;
    if (copy.withdrawn) copy.withdrawn->refusing = Refusing();
    return copy;
  }

 private:
  using LoadTimeOf = std::optional<std::chrono::microseconds>;  // nothing when the model was loaded already

  // REQUIRES: mutex_ is held.
  bool Refusing() const { return state_.withdrawn && steady_clock::now() >= refuse_from_; }

  std::chrono::milliseconds UntilNextLook() const {
    auto time = options_.poll_interval;
    if (!retired_.empty()) time = std::min(time, kRetiredInterval);
    const std::lock_guard lock(mutex_);
    if (!state_.withdrawn || told_of_withdrawal_) return time;
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(refuse_from_ - steady_clock::now());
    return std::clamp(left, std::chrono::milliseconds(0), time);
  }

  void Look() {
    const Result<VersionIdentity> desired = source_->ReadDesired();
    SetDesired(desired);
    NoteStanding();
    TellOfWithdrawal();
    if (auto finished = load_.Take()) {
      Finish(*std::move(finished), desired);
      ReturnMemory();
    }
    Follow(desired);
  }

  void Follow(const Result<VersionIdentity>& desired) {
    if (!desired) return NoteFailure(std::nullopt, desired.error().text);
    if (active() == *desired) return ForgetFailure();
    if (kept_ && kept_->identity == *desired) return BringBackKept();
    if (load_.busy()) return;
    if (refused_ && refused_->identity == *desired && steady_clock::now() < retry_at_) return ShowFailure(*refused_);
    MakeRoomFor(*desired);
    SetLoading(*desired);
    load_.Begin(*desired);
  }

  // Its pointer may have moved on while it was being loaded. One that was not withdrawn serves also when nobody can
  // tell now what is desired: it was when the load began.
  void Finish(BackgroundLoad::Finished finished, const Result<VersionIdentity>& desired) {
    SetLoading(std::nullopt);
    const VersionIdentity& identity = finished.identity;
    if (!finished.model) return Refuse(identity, finished.model.error().text);
    if (const auto withdrawal = source_->Withdrawn(identity)) {
      return Refuse(identity, WithdrawnMeanwhile(identity, *withdrawal).text);
    }
    if (desired && *desired != identity) return;
    Publish(identity, *std::move(finished.model), finished.took, KeeperEvent::kSwapped);
  }

  void Refuse(const VersionIdentity& identity, const std::string& reason) {
    NoteFailure(identity, reason);
    retry_at_ = steady_clock::now() + options_.retry_interval;
  }

  void BringBackKept() {
    const KeptModel kept = *std::exchange(kept_, std::nullopt);
    Publish(kept.identity, kept.model, std::nullopt, KeeperEvent::kSwapped);
  }

  // A kept model is for speed only: it goes where the next version cannot be loaded beside it.
  void MakeRoomFor(const VersionIdentity& identity) {
    if (!kept_ || source_->CheckMemory(identity)) return;
    GiveUpKept();
    FreeRetired();
  }

  void GiveUpKept() {
    if (!kept_) return;
    retired_.push_back(std::exchange(kept_, std::nullopt)->model);
    const std::lock_guard lock(mutex_);
    state_.previous_kept.reset();
  }

  void Publish(const VersionIdentity& identity, std::shared_ptr<const classify::LoadedModel> model,
               const LoadTimeOf& load_time, KeeperEvent event) {
    std::optional<VersionIdentity> previous = active();
    Exchange(identity, model, load_time, event);
    Retire(std::move(previous), std::move(model));
    refused_.reset();
    told_.reset();
    told_of_withdrawal_ = false;
    listener_(event, identity, "");
  }

  // The swap itself: afterwards `model` is the one that served before.
  void Exchange(const VersionIdentity& identity, std::shared_ptr<const classify::LoadedModel>& model,
                const LoadTimeOf& load_time, KeeperEvent event) {
    const std::lock_guard lock(mutex_);
    if (load_time) {
      state_.last_load = *load_time;
      state_.last_golden = model->golden().duration;
    }
    state_.active = identity;
    state_.last_failure.reset();
    state_.withdrawn.reset();
    if (event == KeeperEvent::kSwapped) ++state_.swaps;
    model_.swap(model);
  }

  void Retire(std::optional<VersionIdentity> identity, std::shared_ptr<const classify::LoadedModel> model) {
    if (!model) return;
    if (!options_.keep_previous) return retired_.push_back(std::move(model));
    GiveUpKept();
    kept_ = KeptModel{*identity, std::move(model)};
    const std::lock_guard lock(mutex_);
    state_.previous_kept = std::move(identity);
  }

  // Frees old models here rather than on a request's thread. One that a request still holds waits, and nothing waits
  // for it: the pointer may move again meanwhile.
  void FreeRetired() {
    if (std::erase_if(retired_, [](const auto& model) { return model.use_count() == 1; }) > 0) ReturnMemory();
  }

  // A freed session leaves some 200 MB with the allocator; give them back to the machine.
  static void ReturnMemory() { malloc_trim(0); }

  // Whether the active version may serve.
  void NoteStanding() {
    const VersionIdentity serving = *active();
    const auto withdrawal = source_->Withdrawn(serving);
    if (!withdrawal) return NotePermitted(serving);
    const auto now = steady_clock::now();
    const auto from = withdrawal->leave == Withdrawal::Leave::kAtOnce ? now : now + options_.leave_within;
    const UtcTime time = clock_.Now();
    const std::lock_guard lock(mutex_);
    refuse_from_ = state_.withdrawn ? std::min(refuse_from_, from) : from;
    state_.withdrawn =
        WithdrawnVersion{serving, withdrawal->reason, state_.withdrawn ? state_.withdrawn->time : time, false};
  }

  void NotePermitted(const VersionIdentity& serving) {
    {
      const std::lock_guard lock(mutex_);
      state_.withdrawn.reset();
    }
    if (std::exchange(told_of_withdrawal_, false)) listener_(KeeperEvent::kPermitted, serving, "");
  }

  // When requests are refused from now on: a version that was left in time needs no word.
  void TellOfWithdrawal() {
    const auto withdrawn = state().withdrawn;
    if (!withdrawn || !withdrawn->refusing || std::exchange(told_of_withdrawal_, true)) return;
    listener_(KeeperEvent::kWithdrawn, withdrawn->identity, withdrawn->reason);
  }

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

  std::optional<VersionIdentity> active() const {
    const std::lock_guard lock(mutex_);
    return state_.active;
  }
  // When nobody can tell, what was desired last stays.
  void SetDesired(const Result<VersionIdentity>& desired) {
    const std::lock_guard lock(mutex_);
    if (desired) state_.desired = *desired;
    if (!desired && desired.error().code == ErrorCode::kNotFound) state_.desired.reset();
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
  steady_clock::time_point refuse_from_;                // of state_.withdrawn; guarded by mutex_

  // Used by the keeper's thread alone (before it starts: by Start's).
  std::optional<KeptModel> kept_;
  std::vector<std::shared_ptr<const classify::LoadedModel>> retired_;  // replaced, perhaps still used by requests
  std::optional<LoadFailure> refused_;                                 // the last version that could not be loaded
  std::optional<LoadFailure> told_;                                    // the last failure that the listener knows
  bool told_of_withdrawal_ = false;                                    // of state_.withdrawn
  steady_clock::time_point retry_at_;                                  // of refused_

  BackgroundLoad load_{*source_, [this] { watch_.Wake(); }};
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
