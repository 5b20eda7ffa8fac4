// One operation fails while the command lives on: an I/O error, a full disk, a rename that reports failure after
// success.
#include <gtest/gtest.h>

#include <iostream>
#include <memory>
#include <set>
#include <tuple>

#include "govern/testing/for_each.h"
#include "govern/testing/scenario.h"
#include "govern/testing/scenario_check.h"

namespace lotmark::govern {
namespace {

using fs::Operation;

constexpr Operation kAll[] = {
    Operation::kOpenDir,  Operation::kOpenFile,  Operation::kRead,    Operation::kCreateFile, Operation::kAppend,
    Operation::kSyncFile, Operation::kCloseFile, Operation::kMakeDir, Operation::kMakeLink,   Operation::kReadLink,
    Operation::kStat,     Operation::kList,      Operation::kRename,  Operation::kRemove,     Operation::kChangeMode,
    Operation::kSyncDir,  Operation::kLock};
constexpr Operation kNeedSpace[] = {Operation::kCreateFile, Operation::kAppend, Operation::kMakeDir,
                                    Operation::kMakeLink};
constexpr uint64_t kMoreThanAnyCommandDoes = 400;  // operations of one kind

// All single faults of one scenario, and full disks, until an answer is not as it must be.
class Faults {
 public:
  // `codes`: with which errors operations fail.
  Faults(const Scenario& scenario, std::vector<ErrorCode> codes) : scenario_(scenario), codes_(std::move(codes)) {}

  void Explore() {
    for (const fs::Effect effect : {fs::Effect::kNone, fs::Effect::kDone}) {
      for (const Operation operation : kAll) {
        for (const ErrorCode code : codes_) FailEach(operation, code, effect);
      }
    }
    FillTheDisk();
  }

  size_t outcomes() const { return outcomes_; }
  size_t different() const { return seen_.size(); }
  const std::string& wrong() const { return wrong_; }  // "" = every answer was right

 private:
  // One operation of a kind fails, the first, the second …, while the command lives on.
  void FailEach(Operation operation, ErrorCode code, fs::Effect effect) {
    bool reached = true;
    for (uint64_t skip = 0; reached && wrong_.empty(); ++skip) {
      const auto machine = scenario_.Start();
      machine->InjectFault({operation, skip, code, effect});
      const Answer answer = scenario_.Run(*machine);
      reached = machine->FaultsWaiting() == 0;
      Check(*machine, answer,
            "operation kind " + std::to_string(static_cast<int>(operation)) + ", number " + std::to_string(skip) +
                (effect == fs::Effect::kDone ? ", done all the same" : ""));
    }
  }

  // From some point on nothing can be written any more.
  void FillTheDisk() {
    bool full = true;
    for (uint64_t skip = 0; full && wrong_.empty(); ++skip) {
      const auto machine = scenario_.Start();
      for (const Operation operation : kNeedSpace) {
        for (uint64_t i = 0; i < kMoreThanAnyCommandDoes; ++i) {
          machine->InjectFault({operation, skip, ErrorCode::kNoSpace, fs::Effect::kNone});
        }
      }
      const Answer answer = scenario_.Run(*machine);
      full = !answer.last;
      const std::string how = "full from operation " + std::to_string(skip) + " of each kind on";
      if (full && answer.last.error().code != ErrorCode::kNoSpace && !IsUnconfirmed(answer.last)) {
        wrong_ = how + ": " + answer.last.error().text;
      }
      Check(*machine, answer, how);
    }
  }

  static bool IsUnconfirmed(const Status& done) { return !done && done.error().code == ErrorCode::kUnconfirmed; }

  // What the commands answered must be so: now, and after a crash.
  void Check(fs::MemFs& machine, const Answer& answer, const std::string& how) {
    for (const fs::CrashMode mode : {fs::CrashMode::kKeepAll, fs::CrashMode::kLoseUnsynced}) {
      ++outcomes_;
      if (!wrong_.empty()) return;
      const std::string wrong = CheckAfterCrash(*machine.Crash(mode), answer);
      if (!wrong.empty()) wrong_ = scenario_.name + ": " + how + ": " + wrong;
    }
  }

  std::string CheckAfterCrash(fs::MemFs& machine, const Answer& answer) {
    const bool unconfirmed = IsUnconfirmed(answer.last);
    const bool refused = !answer.last && !unconfirmed;
    if (!seen_.insert({Fingerprint(machine), answer.acknowledged, refused}).second) return "";
    // An error that is not "unconfirmed" promises that nothing changed.
    const std::string state = StateOfVolume(machine);
    if (refused && state != scenario_.states[answer.acknowledged]) {
      return "refused with '" + answer.last.error().text + "', and yet: " + state;
    }
    return CheckAfterwards(scenario_, machine, answer.acknowledged);
  }

  const Scenario& scenario_;
  const std::vector<ErrorCode> codes_;
  std::set<std::tuple<std::string, size_t, bool>> seen_;  // each content is checked once for each kind of answer
  size_t outcomes_ = 0;
  std::string wrong_;
};

TEST(FaultTest, AnyOneOperationMayFailAndTheDiskMayBeFull) {
  const ScenarioSet set = ScenarioSetAskedFor();
  std::vector<ErrorCode> codes = {ErrorCode::kMachine};
  if (set == ScenarioSet::kLonger) codes.push_back(ErrorCode::kNoSpace);  // else only where the disk is full
  const std::vector<Scenario> scenarios = AllScenarios(set);
  std::vector<std::unique_ptr<Faults>> faults;
  for (const Scenario& scenario : scenarios) faults.push_back(std::make_unique<Faults>(scenario, codes));
  ForEachInParallel(scenarios.size(), [&](size_t i) { faults[i]->Explore(); });

  size_t outcomes = 0;
  for (size_t i = 0; i < scenarios.size(); ++i) {
    EXPECT_EQ(faults[i]->wrong(), "");
    std::cout << scenarios[i].name << ": " << faults[i]->outcomes() << " outcomes, " << faults[i]->different()
              << " different\n";
    outcomes += faults[i]->outcomes();
  }
  std::cout << "fault outcomes: " << outcomes << " (" << scenarios.size() << " scenarios)\n";
  EXPECT_GE(outcomes, 2000U);
}

}  // namespace
}  // namespace lotmark::govern
