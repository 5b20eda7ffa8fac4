// Every changing command dies at every operation, in every way a machine can crash; then recovery dies at every
// operation too, and in scripts/torture the recovery after that as well.
//
// A *state* is one death: operation n of one scenario (or of the recovery after an earlier death), in one crash mode.
// It is checked by CheckAfterwards. Many deaths leave the same bytes; then one check stands for all, and the number of
// different contents is printed beside the number of states.
#include <gtest/gtest.h>

#include <deque>
#include <iostream>
#include <set>

#include "govern/testing/for_each.h"
#include "govern/testing/scenario.h"
#include "govern/testing/scenario_check.h"
#include "govern/testing/scenario_commands.h"

namespace lotmark::govern {
namespace {

constexpr size_t kFewestStates = 20000;
constexpr size_t kFewestStatesOfFull = 100000;

const char* ModeName(fs::CrashMode mode) {
  if (mode == fs::CrashMode::kLoseUnsynced) return "lose all unsynced";
  return mode == fs::CrashMode::kKeepAll ? "keep all" : "torn last write";
}

// All deaths of one scenario, until one breaks a rule.
class Deaths {
 public:
  // `recoveries`: 1 = the recovery after a death dies too, 2 = also the recovery after that.
  Deaths(const Scenario& scenario, int recoveries) : scenario_(scenario), recoveries_(recoveries) {}

  void Explore() {
    waiting_.push_back({scenario_.Start(), 0, 0, ""});
    while (!waiting_.empty() && wrong_.empty()) {
      const Start start = std::move(waiting_.front());
      waiting_.pop_front();
      DieAtEveryOperation(start);
    }
  }

  size_t states() const { return states_; }
  size_t different() const { return seen_.size(); }
  const std::string& wrong() const { return wrong_; }  // "" = no rule was broken

 private:
  // A machine as the scenario's commands find it, or as the recovery after a death does.
  struct Start {
    std::unique_ptr<fs::MemFs> machine;
    size_t acknowledged;
    int deaths;
    std::string how;
  };

  Answer Work(const Start& start, fs::MemFs& machine) const {
    if (start.deaths == 0) return scenario_.Run(machine);
    return {start.acknowledged, RecoverScenario(machine)};
  }

  void DieAtEveryOperation(const Start& start) {
    bool done = false;
    for (uint64_t n = 0; !done && wrong_.empty(); ++n) {
      const auto machine = start.machine->Crash(fs::CrashMode::kKeepAll);
      machine->FailAfter(n);
      const Answer answer = Work(start, *machine);
      done = answer.last || !machine->dead();
      const std::string how = start.how + (start.deaths > 0 ? ", then recovery" : "") + " at operation ";
      for (const fs::CrashMode mode : fs::kAllCrashModes) {
        See({machine->Crash(mode), answer.acknowledged, start.deaths + 1,
             how + std::to_string(n) + " (" + ModeName(mode) + ")"});
      }
    }
  }

  void See(Start state) {
    ++states_;
    if (!wrong_.empty() || !seen_.insert({Fingerprint(*state.machine), state.acknowledged}).second) return;
    const auto machine = state.machine->Crash(fs::CrashMode::kKeepAll);
    const std::string wrong = CheckAfterwards(scenario_, *machine, state.acknowledged);
    if (!wrong.empty()) wrong_ = scenario_.name + ": death" + state.how + ": " + wrong;
    if (state.deaths <= recoveries_) waiting_.push_back(std::move(state));
  }

  const Scenario& scenario_;
  const int recoveries_;
  std::deque<Start> waiting_;
  std::set<std::pair<std::string, size_t>> seen_;
  size_t states_ = 0;
  std::string wrong_;
};

TEST(CrashTest, EveryDeathLeavesOldOrNew) {
  const ScenarioSet set = ScenarioSetAskedFor();
  const bool full = set == ScenarioSet::kLonger;
  const std::vector<Scenario> scenarios = AllScenarios(set);
  std::vector<std::unique_ptr<Deaths>> deaths;
  for (const Scenario& scenario : scenarios) deaths.push_back(std::make_unique<Deaths>(scenario, full ? 2 : 1));
  ForEachInParallel(scenarios.size(), [&](size_t i) { deaths[i]->Explore(); });

  size_t states = 0;
  size_t different = 0;
  for (size_t i = 0; i < scenarios.size(); ++i) {
    EXPECT_EQ(deaths[i]->wrong(), "");
    std::cout << scenarios[i].name << ": " << deaths[i]->states() << " states, " << deaths[i]->different()
              << " different\n";
    states += deaths[i]->states();
    different += deaths[i]->different();
  }
  std::cout << "crash states: " << states << " (" << different << " different, " << scenarios.size() << " scenarios)\n";
  EXPECT_GE(states, full ? kFewestStatesOfFull : kFewestStates);
}

}  // namespace
}  // namespace lotmark::govern
