// Every changing command as a scenario on a machine in memory: what was there before, the command, and the rules that
// hold for whatever a crash or a fault leaves. Crash and fault tests run each scenario at every operation.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "fs/testing/mem_fs.h"

namespace lotmark::store {

struct Scenario {
  std::string name;
  std::shared_ptr<fs::MemFs> before;          // the machine as the command finds it; never changed
  std::function<Status(fs::MemFs&)> command;  // opens the volume and runs one command
  std::function<Status(fs::MemFs&)> recover;  // what the next command does first
  std::string old_state;                      // StateOf(before)
  std::string new_state;                      // StateOf(after the command)

  // A machine as the command finds it.
  std::unique_ptr<fs::MemFs> Start() const { return before->Crash(fs::CrashMode::kKeepAll); }
};

// Init, Register (a first and a later version, and one of another model), Activate (the first and a later one),
// Rollback.
std::vector<Scenario> AllScenarios();

// What a volume says of itself: "lesion_cnn: v1 v2, active v1", or "no volume".
std::string StateOfVolume(fs::MemFs& machine);

// The whole content of the machine as text, random ids made equal: two machines with the same are in the same state.
std::string Fingerprint(fs::MemFs& machine);

// "" when `machine`, after a crash or a fault, obeys every rule; else what is wrong. Recovers `machine`.
// - readers that come first find a version that is whole, or the old one;
// - recovery succeeds; the state is then exactly old or new, and new when `acknowledged`;
// - every event has its change and every change its event; every file verifies; nothing is left over;
// - a second recovery changes nothing; the command can then be run again, and leads to the new state.
std::string CheckAfterwards(const Scenario& scenario, fs::MemFs& machine, bool acknowledged);

}  // namespace lotmark::store
