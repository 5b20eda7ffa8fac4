// One operation fails while the command lives on: an I/O error, a full disk, a rename that reports failure after
// success.
#include <gtest/gtest.h>

#include <iostream>
#include <set>
#include <tuple>

#include "store/testing/scenario.h"

namespace lotmark::store {
namespace {

using fs::Operation;

constexpr Operation kAll[] = {
    Operation::kOpenDir,  Operation::kOpenFile,  Operation::kRead,    Operation::kCreateFile, Operation::kAppend,
    Operation::kSyncFile, Operation::kCloseFile, Operation::kMakeDir, Operation::kMakeLink,   Operation::kReadLink,
    Operation::kStat,     Operation::kList,      Operation::kRename,  Operation::kRemove,     Operation::kChangeMode,
    Operation::kSyncDir,  Operation::kLock};
constexpr Operation kNeedSpace[] = {Operation::kCreateFile, Operation::kAppend, Operation::kMakeDir,
                                    Operation::kMakeLink};
constexpr uint64_t kMoreThanAnyCommandDoes = 120;  // operations of one kind

class FaultTest : public testing::TestWithParam<size_t> {
 protected:
  // The command ran on `machine` and answered `done`. What it said must be so: now, and after a crash.
  std::string CheckAnswer(fs::MemFs& machine, const Status& done) {
    const bool unconfirmed = !done && done.error().code == ErrorCode::kUnconfirmed;
    for (const fs::CrashMode mode : {fs::CrashMode::kKeepAll, fs::CrashMode::kLoseUnsynced}) {
      const auto after = machine.Crash(mode);
      ++states_;
      if (!seen_.insert({Fingerprint(*after), done.has_value(), unconfirmed}).second) continue;
      const std::string state = StateOfVolume(*machine.Crash(mode));
      // An error that is not "unconfirmed" promises that nothing changed.
      if (!done && !unconfirmed && state != scenario_.old_state) {
        return "refused with '" + done.error().text + "', and yet: " + state;
      }
      if (std::string wrong = CheckAfterwards(scenario_, *after, done.has_value()); !wrong.empty()) return wrong;
    }
    return "";
  }

  Scenario scenario_ = AllScenarios()[GetParam()];
  std::set<std::tuple<std::string, bool, bool>> seen_;  // each state is checked once for each kind of answer
  size_t states_ = 0;
};

TEST_P(FaultTest, AnyOneOperationMayFail) {
  const auto without = scenario_.Start();
  ASSERT_TRUE(scenario_.command(*without));
  const uint64_t unharmed = without->operations();
  for (const fs::Effect effect : {fs::Effect::kNone, fs::Effect::kDone}) {
    for (const Operation operation : kAll) {
      for (uint64_t skip = 0; skip < kMoreThanAnyCommandDoes; ++skip) {
        const auto machine = scenario_.Start();
        machine->InjectFault({operation, skip, ErrorCode::kMachine, effect});
        const Status done = scenario_.command(*machine);
        ASSERT_EQ(CheckAnswer(*machine, done), "")
            << "operation kind " << static_cast<int>(operation) << ", number " << skip
            << (effect == fs::Effect::kDone ? ", done all the same" : "");
        if (done && machine->operations() == unharmed) break;  // not reached, so no later one is
      }
    }
  }
  std::cout << scenario_.name << ", one operation fails: " << states_ << " outcomes, " << seen_.size()
            << " different\n";
}

TEST_P(FaultTest, TheDiskMayBeFullFromAnyPointOn) {
  for (uint64_t skip = 0; skip < kMoreThanAnyCommandDoes; ++skip) {
    const auto machine = scenario_.Start();
    for (const Operation operation : kNeedSpace) {
      for (uint64_t i = 0; i < kMoreThanAnyCommandDoes; ++i) {
        machine->InjectFault({operation, skip, ErrorCode::kNoSpace, fs::Effect::kNone});
      }
    }
    const Status done = scenario_.command(*machine);
    if (!done) {
      EXPECT_TRUE(done.error().code == ErrorCode::kNoSpace || done.error().code == ErrorCode::kUnconfirmed)
          << done.error().text;
    }
    ASSERT_EQ(CheckAnswer(*machine, done), "") << "from operation " << skip << " of each kind on";
    if (done) break;
  }
  std::cout << scenario_.name << ", the disk is full: " << states_ << " outcomes, " << seen_.size() << " different\n";
}

INSTANTIATE_TEST_SUITE_P(EveryCommand, FaultTest, testing::Range<size_t>(0, 7));

}  // namespace
}  // namespace lotmark::store
