#include "cli/update_steps.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace lotmark::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

// Fails where it is told to; keeps what was done.
class FakeEffects final : public UpdateEffects {
 public:
  Result<StepDone> Perform(UpdateStep step) override {
    did.emplace_back(UpdateStepName(step));
    if (fails_at == step) return error;
    return StepDone{StepDone::How::kDone, "fine"};
  }
  Result<std::optional<RolledBack>> RollBack(const std::string& reason) override {
    did.push_back("roll back: " + reason);
    return back;
  }

  std::optional<UpdateStep> fails_at;
  Error error = Refused("bad luck", "try again");
  Result<std::optional<RolledBack>> back = std::optional(RolledBack{Version::Parse("2023-v1").value(), "serves again"});
  std::vector<std::string> did;
};

class Diary final : public UpdateObserver {
 public:
  void Begins(UpdateStep step) override { lines.push_back("> " + std::string(UpdateStepName(step))); }
  void Ended(UpdateStep, const StepDone& done) override { lines.push_back("ok " + done.text); }
  void Failed(UpdateStep, const Error& error) override { lines.push_back("failed " + error.text); }
  void RollsBack() override { lines.emplace_back("rolls back"); }
  std::vector<std::string> lines;
};

TEST(UpdateStepsTest, AllInOrder) {
  FakeEffects effects;
  Diary diary;
  const UpdateOutcome outcome = RunUpdate(effects, diary);
  EXPECT_TRUE(outcome.Verdict());
  EXPECT_THAT(effects.did, ElementsAre("check", "add", "golden", "approvals", "activate", "service"));
  EXPECT_THAT(diary.lines, ElementsAre("> check", "ok fine", "> add", "ok fine", "> golden", "ok fine", "> approvals",
                                       "ok fine", "> activate", "ok fine", "> service", "ok fine"));
}

TEST(UpdateStepsTest, AFailureBeforeThePointerMovedStopsThereAndRollsNothingBack) {
  for (const UpdateStep step : kUpdateSteps) {
    if (step == UpdateStep::kService) continue;
    FakeEffects effects;
    effects.fails_at = step;
    effects.error.code = ErrorCode::kNoSpace;
    Diary diary;
    const UpdateOutcome outcome = RunUpdate(effects, diary);
    EXPECT_EQ(effects.did.back(), UpdateStepName(step));
    EXPECT_EQ(diary.lines.back(), "failed bad luck");
    EXPECT_EQ(outcome.back, UpdateOutcome::Back::kNotNeeded);
    const Status verdict = outcome.Verdict();
    ASSERT_FALSE(verdict);
    EXPECT_EQ(verdict.error().code, ErrorCode::kNoSpace);
    EXPECT_EQ(verdict.error().text, "update failed at step " + std::string(UpdateStepName(step)) + ": bad luck");
    EXPECT_EQ(verdict.error().hint, "try again");
  }
}

TEST(UpdateStepsTest, AServiceThatDoesNotServeRollsBack) {
  FakeEffects effects;
  effects.fails_at = UpdateStep::kService;
  effects.error.code = ErrorCode::kMachine;
  Diary diary;
  const UpdateOutcome outcome = RunUpdate(effects, diary);
  EXPECT_EQ(effects.did.back(), "roll back: update failed at step service: bad luck");
  EXPECT_EQ(diary.lines.back(), "rolls back");
  EXPECT_EQ(outcome.back, UpdateOutcome::Back::kDone);
  const Status verdict = outcome.Verdict();
  ASSERT_FALSE(verdict);
  EXPECT_EQ(verdict.error().code, ErrorCode::kRefused) << "exit 1";
  EXPECT_EQ(verdict.error().text, "update failed at step service: bad luck; rolled back to 2023-v1");
}

TEST(UpdateStepsTest, NothingToGoBackTo) {
  FakeEffects effects;
  effects.fails_at = UpdateStep::kService;
  effects.back = std::optional<RolledBack>();
  Diary diary;
  const UpdateOutcome outcome = RunUpdate(effects, diary);
  EXPECT_EQ(outcome.back, UpdateOutcome::Back::kNothingThere);
  EXPECT_THAT(outcome.Verdict().error().text, HasSubstr("no version was active before, so the new one stays active"));
}

TEST(UpdateStepsTest, ARollbackThatFailsIsSaidLoudly) {
  FakeEffects effects;
  effects.fails_at = UpdateStep::kService;
  effects.back = MachineFailed("the disk is gone");
  Diary diary;
  const Status verdict = RunUpdate(effects, diary).Verdict();
  ASSERT_FALSE(verdict);
  EXPECT_THAT(verdict.error().text, HasSubstr("bad luck; AND IT COULD NOT BE ROLLED BACK: the disk is gone"));
  EXPECT_THAT(verdict.error().hint, HasSubstr("lotmark status"));
}

TEST(UpdateStepsTest, TheReasonOfARollbackFitsTheHistory) {
  FakeEffects effects;
  effects.fails_at = UpdateStep::kService;
  effects.error.text = std::string(5000, 'x') + "\n\xFF";
  Diary diary;
  (void)RunUpdate(effects, diary);
  EXPECT_LE(effects.did.back().size(), 1600u);
}

}  // namespace
}  // namespace lotmark::cli
