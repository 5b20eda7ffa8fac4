// Every changing command dies at every operation, in every way a machine can crash, and dies again during recovery.
#include <gtest/gtest.h>

#include <iostream>
#include <set>

#include "store/testing/scenario.h"

namespace lotmark::store {
namespace {

const char* ModeName(fs::CrashMode mode) {
  if (mode == fs::CrashMode::kLoseUnsynced) return "lose all unsynced";
  return mode == fs::CrashMode::kKeepAll ? "keep all" : "torn last write";
}

class CrashTest : public testing::TestWithParam<size_t> {
 protected:
  // Many deaths leave the same bytes; each state is checked once.
  std::string Check(fs::MemFs& machine, bool acknowledged) {
    ++deaths_;
    if (!seen_.insert({Fingerprint(machine), acknowledged}).second) return "";
    return CheckAfterwards(scenario_, machine, acknowledged);
  }
  // Runs the command until it dies at operation `n`. True when it was done before that and acknowledged.
  bool RunUntil(fs::MemFs& machine, uint64_t n) {
    machine.FailAfter(n);
    return scenario_.command(machine).has_value();
  }
  void PrintCounts(const std::string& what) {
    std::cout << scenario_.name << ", " << what << ": " << deaths_ << " deaths, " << seen_.size()
              << " different states\n";
  }

  const Scenario scenario_ = AllScenarios()[GetParam()];
  std::set<std::pair<std::string, bool>> seen_;
  size_t deaths_ = 0;
};

TEST_P(CrashTest, LeavesOldOrNewAtEveryOperation) {
  bool acknowledged = false;
  uint64_t n = 0;
  for (; !acknowledged; ++n) {
    const auto machine = scenario_.Start();
    acknowledged = RunUntil(*machine, n);
    for (const fs::CrashMode mode : fs::kAllCrashModes) {
      ASSERT_EQ(Check(*machine->Crash(mode), acknowledged), "") << "operation " << n << ", " << ModeName(mode);
    }
  }
  PrintCounts("dying at each of " + std::to_string(n) + " operations");
}

TEST_P(CrashTest, LeavesOldOrNewWhenRecoveryDiesToo) {
  std::set<std::string> recovered_from;
  bool acknowledged = false;
  for (uint64_t n = 0; !acknowledged; ++n) {
    const auto machine = scenario_.Start();
    acknowledged = RunUntil(*machine, n);
    for (const fs::CrashMode mode : fs::kAllCrashModes) {
      if (!recovered_from.insert(Fingerprint(*machine->Crash(mode))).second) continue;
      bool recovered = false;
      for (uint64_t m = 0; !recovered; ++m) {
        const auto after = machine->Crash(mode);
        after->FailAfter(m);
        recovered = scenario_.recover(*after).has_value();
        for (const fs::CrashMode second : fs::kAllCrashModes) {
          ASSERT_EQ(Check(*after->Crash(second), acknowledged), "")
              << "operation " << n << ", " << ModeName(mode) << "; then " << m << " of recovery, " << ModeName(second);
        }
      }
    }
  }
  PrintCounts("dying again in recovery");
}

INSTANTIATE_TEST_SUITE_P(EveryCommand, CrashTest, testing::Range<size_t>(0, 7));

TEST(CrashTestItself, CoversEveryScenario) { EXPECT_EQ(AllScenarios().size(), 7U); }

}  // namespace
}  // namespace lotmark::store
