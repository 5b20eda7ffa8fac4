#include "serve/model_keeper.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "serve/testing/fake_volume.h"

namespace lotmark::serve {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;
using ::testing::ElementsAre;
using testing::FakeVolume;
using ::testing::UnorderedElementsAre;

// What the listener was told, as "swapped v2" or "refused v2: why".
class Told {
 public:
  ModelKeeper::Listener Listener() {
    return [this](KeeperEvent event, const std::optional<VersionIdentity>& identity, const std::string& reason) {
      static constexpr const char* kNames[] = {"loaded", "swapped", "refused", "withdrawn", "permitted"};
      std::string text = kNames[static_cast<int>(event)];
      text += " " + (identity ? identity->version.text() : "pointer") + (reason.empty() ? "" : ": " + reason);
      const std::lock_guard lock(mutex_);
      lines_.push_back(text);
    };
  }
  uint64_t swaps() const {
    const auto all = lines();
    return static_cast<uint64_t>(
        std::count_if(all.begin(), all.end(), [](const std::string& line) { return line.starts_with("swapped"); }));
  }
  std::vector<std::string> lines() const {
    const std::lock_guard lock(mutex_);
    return lines_;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> lines_;
};

class ModelKeeperTest : public ::testing::Test {
 protected:
  ModelKeeperTest() {
    volume_.Add("v1");
    volume_.Add("v2");
    volume_.Add("v3");
    volume_.PointAt("v1");
  }

  void Start(milliseconds retry_interval = std::chrono::hours(1)) {
    options_.retry_interval = retry_interval;
    auto started = ModelKeeper::Start(options_, volume_.Source(), clock_, told_.Listener());
    ASSERT_TRUE(started) << started.error().text;
    keeper_ = std::move(*started);
  }
  void StartKeepingPrevious() {
    options_.keep_previous = true;
    Start();
  }

  // Waits until the state is so; false when it never is.
  static bool Await(const std::function<bool()>& so) {
    for (const auto give_up = steady_clock::now() + std::chrono::seconds(20); steady_clock::now() < give_up;) {
      if (so()) return true;
      std::this_thread::sleep_for(milliseconds(1));
    }
    return false;
  }
  bool AwaitActive(const std::string& version) {
    // Also that the listener was told, which comes after the exchange.
    return Await([&] { return Active() == version && told_.swaps() == keeper_->state().swaps; });
  }
  bool AwaitFailure(const std::string& reason) {
    return Await([&] {
      const KeeperState state = keeper_->state();
      return state.last_failure && state.last_failure->reason == reason;
    });
  }
  // So many more looks at the pointer have been had: what was to happen would have happened.
  void LetItPoll() { std::this_thread::sleep_for(milliseconds(40)); }

  std::string Kept() const {
    const auto kept = keeper_->state().previous_kept;
    return kept ? kept->version.text() : "none";
  }
  bool AwaitRefusing() {
    return Await([&] { return keeper_->state().refusing(); });
  }
  std::string Active() const { return keeper_->state().active->version.text(); }
  // The version, or why there is none.
  std::string Serving() const {
    const auto model = keeper_->current();
    if (model) return (*model)->manifest().version().text();
    EXPECT_EQ(model.error().code, ErrorCode::kWithdrawn);
    return model.error().text;
  }

  FakeVolume volume_;
  ModelKeeper::Options options_{.poll_interval = milliseconds(2), .leave_within = std::chrono::hours(1)};
  SystemClock clock_;
  Told told_;
  std::unique_ptr<ModelKeeper> keeper_;
};

TEST_F(ModelKeeperTest, StartLoadsWhatThePointerNames) {
  Start();
  EXPECT_EQ(Serving(), "v1");
  const KeeperState state = keeper_->state();
  EXPECT_EQ(state.desired, volume_.Identity("v1"));
  EXPECT_EQ(state.active, state.desired);
  EXPECT_FALSE(state.loading);
  EXPECT_FALSE(state.last_failure);
  EXPECT_EQ(state.swaps, 0u);
  EXPECT_THAT(told_.lines(), ElementsAre("loaded v1"));
}

TEST_F(ModelKeeperTest, StartFailsAsTheFirstLoadDoesAndPicksNoOtherVersion) {
  volume_.Break("v1", Refused("v1: model.onnx: the digest differs"));
  const auto started = ModelKeeper::Start({}, volume_.Source(), clock_, told_.Listener());
  ASSERT_FALSE(started);
  EXPECT_EQ(started.error().code, ErrorCode::kRefused);
  EXPECT_EQ(started.error().text, "v1: model.onnx: the digest differs");
  EXPECT_EQ(volume_.loads("v2"), 0u);
  EXPECT_TRUE(told_.lines().empty());
}

TEST_F(ModelKeeperTest, StartFailsWhenThePointerCannotBeRead) {
  volume_.BreakPointer(NotFound("no active version"));
  const auto started = ModelKeeper::Start({}, volume_.Source(), clock_, told_.Listener());
  ASSERT_FALSE(started);
  EXPECT_EQ(started.error().code, ErrorCode::kNotFound);
}

TEST_F(ModelKeeperTest, FollowsThePointerAgainAndAgain) {
  Start();
  for (const char* version : {"v2", "v3", "v1", "v2"}) {
    volume_.PointAt(version);
    ASSERT_TRUE(AwaitActive(version)) << version;
    EXPECT_EQ(Serving(), version);
  }
  EXPECT_EQ(keeper_->state().swaps, 4u);
  EXPECT_THAT(told_.lines(), ElementsAre("loaded v1", "swapped v2", "swapped v3", "swapped v1", "swapped v2"));
}

TEST_F(ModelKeeperTest, KeepsServingWhileAnotherVersionLoads) {
  Start();
  volume_.HoldLoads();
  volume_.PointAt("v2");
  ASSERT_TRUE(Await([&] { return keeper_->state().loading == volume_.Identity("v2"); }));
  EXPECT_EQ(Serving(), "v1");
  EXPECT_EQ(keeper_->state().desired, volume_.Identity("v2"));
  EXPECT_EQ(keeper_->state().active, volume_.Identity("v1"));
  volume_.ReleaseLoads();
  ASSERT_TRUE(AwaitActive("v2"));
  EXPECT_FALSE(keeper_->state().loading);
}

TEST_F(ModelKeeperTest, AVersionThatCannotBeLoadedNeverReplacesOneThatServes) {
  Start();
  volume_.Break("v2", Refused("golden differs"));
  volume_.PointAt("v2");
  ASSERT_TRUE(AwaitFailure("golden differs"));
  LetItPoll();
  const KeeperState state = keeper_->state();
  EXPECT_EQ(Serving(), "v1");
  EXPECT_EQ(state.active, volume_.Identity("v1"));
  EXPECT_EQ(state.desired, volume_.Identity("v2"));
  EXPECT_EQ(state.last_failure->identity, volume_.Identity("v2"));
  EXPECT_FALSE(state.loading);
  EXPECT_EQ(volume_.loads("v2"), 1u) << "before the retry interval has passed";
  EXPECT_THAT(told_.lines(), UnorderedElementsAre("loaded v1", "refused v2: golden differs"));
}

TEST_F(ModelKeeperTest, TriesARefusedVersionAgainAndTellsOfTheSameFailureOnce) {
  Start(milliseconds(5));
  volume_.Break("v2", MachineFailed("no memory"));
  volume_.PointAt("v2");
  ASSERT_TRUE(Await([&] { return volume_.loads("v2") >= 4; }));
  volume_.Break("v2", MachineFailed("no memory: 12.5 MiB left"));
  ASSERT_TRUE(AwaitFailure("no memory: 12.5 MiB left"));
  volume_.Break("v2", MachineFailed("no memory: 9 MiB left"));
  ASSERT_TRUE(AwaitFailure("no memory: 9 MiB left"));
  volume_.Mend("v2");
  ASSERT_TRUE(AwaitActive("v2"));
  EXPECT_FALSE(keeper_->state().last_failure);
  EXPECT_THAT(told_.lines(),
              ElementsAre("loaded v1", "refused v2: no memory", "refused v2: no memory: 12.5 MiB left", "swapped v2"));
}

TEST_F(ModelKeeperTest, GoingBackToTheServingVersionClearsTheFailure) {
  Start();
  volume_.Break("v2", Refused("bad"));
  volume_.PointAt("v2");
  ASSERT_TRUE(AwaitFailure("bad"));
  volume_.PointAt("v1");
  ASSERT_TRUE(Await([&] { return !keeper_->state().last_failure; }));
  EXPECT_EQ(keeper_->state().desired, keeper_->state().active);
  EXPECT_EQ(volume_.loads("v1"), 1u) << "it was never unloaded";
}

TEST_F(ModelKeeperTest, ANewTargetDoesNotWaitForTheRetryOfAnother) {
  Start();
  volume_.Break("v2", Refused("bad"));
  volume_.PointAt("v2");
  ASSERT_TRUE(AwaitFailure("bad"));
  volume_.PointAt("v3");
  ASSERT_TRUE(AwaitActive("v3"));
  EXPECT_FALSE(keeper_->state().last_failure);
}

TEST_F(ModelKeeperTest, LosingThePointerUnloadsNothingAndIsToldOnceEachTime) {
  Start();
  for (int time = 1; time <= 2; ++time) {
    volume_.BreakPointer(MachineFailed("the volume is gone"));
    ASSERT_TRUE(AwaitFailure("the volume is gone"));
    LetItPoll();
    EXPECT_FALSE(keeper_->state().last_failure->identity);
    EXPECT_EQ(Serving(), "v1");
    volume_.MendPointer();
    ASSERT_TRUE(Await([&] { return !keeper_->state().last_failure; }));
  }
  const std::string lost = "refused pointer: the volume is gone";
  EXPECT_THAT(told_.lines(), ElementsAre("loaded v1", lost, lost));
}

TEST_F(ModelKeeperTest, ThePointerBackAtARefusedVersionShowsThatVersionsFailure) {
  Start();
  volume_.Break("v2", Refused("bad"));
  volume_.PointAt("v2");
  ASSERT_TRUE(AwaitFailure("bad"));
  volume_.BreakPointer(MachineFailed("gone"));
  ASSERT_TRUE(AwaitFailure("gone"));
  volume_.MendPointer();
  ASSERT_TRUE(AwaitFailure("bad"));
  EXPECT_EQ(keeper_->state().last_failure->identity, volume_.Identity("v2"));
  EXPECT_EQ(volume_.loads("v2"), 1u);
}

TEST_F(ModelKeeperTest, FreesTheOldModelOffTheThreadThatUsedItLast) {
  Start();
  std::shared_ptr<const classify::LoadedModel> in_use = *keeper_->current();
  volume_.PointAt("v2");
  ASSERT_TRUE(AwaitActive("v2"));
  LetItPoll();
  EXPECT_TRUE(volume_.freed_on().empty()) << "a request still uses it";
  in_use.reset();
  ASSERT_TRUE(Await([&] { return volume_.freed_on().size() == 1; }));
  EXPECT_NE(volume_.freed_on().front(), std::this_thread::get_id());
}

TEST_F(ModelKeeperTest, ARequestThatNeverEndsDoesNotHoldUpTheNextSwap) {
  Start();
  const auto stuck = *keeper_->current();
  const auto begin = steady_clock::now();
  for (const char* version : {"v2", "v3", "v1"}) {
    volume_.PointAt(version);
    ASSERT_TRUE(AwaitActive(version));
  }
  EXPECT_LT(steady_clock::now() - begin, std::chrono::seconds(5));
  EXPECT_EQ(stuck->manifest().version().text(), "v1");
}

TEST_F(ModelKeeperTest, CurrentIsNeverNullWhileVersionsSwap) {
  Start();
  std::atomic<bool> stop{false};
  std::atomic<size_t> seen{0};
  std::vector<std::thread> readers;
  for (int i = 0; i < 3; ++i) {
    readers.emplace_back([&] {
      while (!stop) {
        const auto model = keeper_->current();
        ASSERT_TRUE(model && *model != nullptr);
        seen += (*model)->manifest().classes().size();
      }
    });
  }
  for (int i = 0; i < 10; ++i) {
    const char* version = i % 2 == 0 ? "v2" : "v1";
    volume_.PointAt(version);
    EXPECT_TRUE(AwaitActive(version));
  }
  stop = true;
  for (std::thread& reader : readers) reader.join();
  EXPECT_GT(seen, 0u);
}

TEST_F(ModelKeeperTest, EndsWhileALoadIsInProgress) {
  Start();
  volume_.HoldLoads();
  volume_.PointAt("v2");
  ASSERT_TRUE(Await([&] { return volume_.loads("v2") == 1; }));
  std::thread releasing([this] {
    std::this_thread::sleep_for(milliseconds(20));
    volume_.ReleaseLoads();
  });
  keeper_.reset();
  releasing.join();
  EXPECT_THAT(told_.lines(), ElementsAre("loaded v1")) << "what was loaded last never served";
  EXPECT_EQ(volume_.freed_on().size(), 2u);
}

TEST_F(ModelKeeperTest, FollowsThePointerDuringALoad) {
  Start();
  volume_.HoldLoads();
  volume_.PointAt("v2");
  ASSERT_TRUE(Await([&] { return volume_.loads("v2") == 1; }));
  volume_.PointAt("v3");
  ASSERT_TRUE(Await([&] { return keeper_->state().desired == volume_.Identity("v3"); }));
  volume_.ReleaseLoads();
  ASSERT_TRUE(AwaitActive("v3"));
  EXPECT_THAT(told_.lines(), ElementsAre("loaded v1", "swapped v3")) << "v2 was not wanted any more";
}

TEST_F(ModelKeeperTest, ALoadThatEndsWhenThePointerIsLostStillCounts) {
  Start();
  volume_.HoldLoads();
  volume_.PointAt("v2");
  ASSERT_TRUE(Await([&] { return volume_.loads("v2") == 1; }));
  volume_.BreakPointer(MachineFailed("the volume is gone"));
  ASSERT_TRUE(AwaitFailure("the volume is gone"));
  volume_.ReleaseLoads();
  ASSERT_TRUE(AwaitActive("v2"));
  ASSERT_TRUE(AwaitFailure("the volume is gone"));
}

TEST_F(ModelKeeperTest, GoesBackToTheKeptVersionWithoutALoad) {
  StartKeepingPrevious();
  EXPECT_EQ(Kept(), "none");
  volume_.PointAt("v2");
  ASSERT_TRUE(AwaitActive("v2"));
  ASSERT_TRUE(Await([&] { return Kept() == "v1"; }));
  for (const char* version : {"v1", "v2", "v1"}) {
    volume_.PointAt(version);
    ASSERT_TRUE(AwaitActive(version));
    EXPECT_EQ(Serving(), version);
    ASSERT_TRUE(Await([&] { return Kept() == (version == std::string("v1") ? "v2" : "v1"); }));
  }
  EXPECT_EQ(volume_.loads("v1"), 1u);
  EXPECT_EQ(volume_.loads("v2"), 1u);
  EXPECT_TRUE(volume_.freed_on().empty());
  EXPECT_EQ(keeper_->state().swaps, 4u);
}

TEST_F(ModelKeeperTest, GoesBackToTheKeptVersionWhileAnotherLoads) {
  StartKeepingPrevious();
  volume_.PointAt("v2");
  ASSERT_TRUE(AwaitActive("v2"));
  volume_.HoldLoads();
  volume_.PointAt("v3");
  ASSERT_TRUE(Await([&] { return volume_.loads("v3") == 1; }));
  volume_.PointAt("v1");
  ASSERT_TRUE(AwaitActive("v1"));
  volume_.ReleaseLoads();
  ASSERT_TRUE(Await([&] { return !keeper_->state().loading; }));
  EXPECT_EQ(Serving(), "v1");
  EXPECT_EQ(Kept(), "v2");
}

TEST_F(ModelKeeperTest, KeepsOnlyTheVersionThatServedLast) {
  StartKeepingPrevious();
  volume_.PointAt("v2");
  ASSERT_TRUE(AwaitActive("v2"));
  volume_.PointAt("v3");
  ASSERT_TRUE(AwaitActive("v3"));
  ASSERT_TRUE(Await([&] { return Kept() == "v2" && volume_.loaded() == 2; })) << "v1 is freed";
  volume_.PointAt("v1");
  ASSERT_TRUE(AwaitActive("v1"));
  EXPECT_EQ(volume_.loads("v1"), 2u);
}

TEST_F(ModelKeeperTest, GivesTheKeptVersionUpWhereTheNextOneNeedsItsMemory) {
  StartKeepingPrevious();
  volume_.PointAt("v2");
  ASSERT_TRUE(AwaitActive("v2"));
  volume_.LimitMemory(1);
  volume_.PointAt("v3");
  ASSERT_TRUE(AwaitActive("v3"));
  EXPECT_THAT(told_.lines(), ElementsAre("loaded v1", "swapped v2", "swapped v3")) << "no try failed";
  ASSERT_TRUE(Await([&] { return Kept() == "v2"; }));
}

TEST_F(ModelKeeperTest, KeepsNothingUnlessTold) {
  Start();
  volume_.PointAt("v2");
  ASSERT_TRUE(AwaitActive("v2"));
  ASSERT_TRUE(Await([&] { return volume_.loaded() == 1; }));
  EXPECT_EQ(Kept(), "none");
}

TEST_F(ModelKeeperTest, AWithdrawnVersionServesUntilTheTimeToLeaveItIsOver) {
  Start();
  volume_.Withdraw("v1");
  ASSERT_TRUE(Await([&] { return keeper_->state().withdrawn.has_value(); }));
  LetItPoll();
  EXPECT_EQ(Serving(), "v1");
  EXPECT_FALSE(keeper_->state().refusing());
  volume_.PointAt("v2");
  ASSERT_TRUE(AwaitActive("v2"));
  EXPECT_FALSE(keeper_->state().withdrawn);
  EXPECT_THAT(told_.lines(), ElementsAre("loaded v1", "swapped v2")) << "it was left in time";
}

TEST_F(ModelKeeperTest, AWithdrawnVersionThatCannotBeLeftIsNotServed) {
  options_.leave_within = milliseconds(20);
  Start(milliseconds(5));
  volume_.Break("v2", Refused("golden differs"));
  volume_.Withdraw("v1");
  volume_.PointAt("v2");
  ASSERT_TRUE(AwaitRefusing());
  ASSERT_TRUE(Await([&] { return told_.lines().size() == 3; }));
  EXPECT_EQ(Serving(), "colours v1 was rolled back from, and no other version is ready to serve");
  const KeeperState state = keeper_->state();
  EXPECT_EQ(state.withdrawn->identity, volume_.Identity("v1"));
  EXPECT_EQ(state.withdrawn->reason, "was rolled back from");
  EXPECT_EQ(state.active, volume_.Identity("v1"));
  volume_.Mend("v2");
  ASSERT_TRUE(AwaitActive("v2"));
  EXPECT_EQ(Serving(), "v2");
  EXPECT_FALSE(keeper_->state().refusing());
  EXPECT_THAT(told_.lines(), ElementsAre("loaded v1", "refused v2: golden differs",
                                         "withdrawn v1: was rolled back from", "swapped v2"));
}

TEST_F(ModelKeeperTest, AWithdrawalIsActedOnWhileAnotherVersionLoads) {
  options_.leave_within = milliseconds(20);
  Start();
  volume_.HoldLoads();
  volume_.PointAt("v2");
  ASSERT_TRUE(Await([&] { return volume_.loads("v2") == 1; }));
  volume_.Withdraw("v1");
  ASSERT_TRUE(AwaitRefusing());
  volume_.ReleaseLoads();
  ASSERT_TRUE(AwaitActive("v2"));
  EXPECT_EQ(Serving(), "v2");
}

TEST_F(ModelKeeperTest, AStoppedModelIsNotServedFromThen) {
  Start();
  volume_.BreakPointer(NotFound("the model was stopped"));
  volume_.Withdraw("v1", {"was stopped", Withdrawal::Leave::kAtOnce});
  ASSERT_TRUE(AwaitRefusing()) << "though the time to leave is an hour";
  EXPECT_FALSE(keeper_->state().desired);
  volume_.MendPointer();
  volume_.Permit("v1");
  ASSERT_TRUE(Await([&] { return told_.lines().size() == 4; }));
  EXPECT_EQ(Serving(), "v1");
  EXPECT_FALSE(keeper_->state().withdrawn);
  EXPECT_EQ(volume_.loads("v1"), 1u);
  EXPECT_THAT(told_.lines(), UnorderedElementsAre("loaded v1", "refused pointer: the model was stopped",
                                                  "withdrawn v1: was stopped", "permitted v1"));
}

TEST_F(ModelKeeperTest, AVersionThatIsWithdrawnWhileItIsBeingLoadedNeverServes) {
  Start();
  volume_.HoldLoads();
  volume_.PointAt("v2");
  ASSERT_TRUE(Await([&] { return volume_.loads("v2") == 1; }));
  volume_.Withdraw("v2", {"is in quarantine"});
  volume_.ReleaseLoads();
  ASSERT_TRUE(AwaitFailure("colours v2 is in quarantine while it was being loaded"));
  EXPECT_EQ(Serving(), "v1");
  EXPECT_EQ(keeper_->state().swaps, 0u);
}

}  // namespace
}  // namespace lotmark::serve
