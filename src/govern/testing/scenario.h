// Changing commands as scenarios on a machine in memory: what was done before, the commands, and the states that may be
// found afterwards. Crash and fault tests run each scenario at every operation; the rules are in scenario_check.h.
//
// A new changing command is one more function in scenario_commands.h and one more line in AllScenarios.
#pragma once

#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "base/result.h"
#include "fs/testing/mem_fs.h"

namespace lotmark::govern {

// Opens the volume of a machine and runs one changing command as a person would. Run again after it took effect, it
// answers OK and changes nothing.
using Command = std::function<Status(fs::MemFs&)>;

struct Answer {
  size_t acknowledged = 0;  // how many commands answered OK; the first that does not is the last to be run
  Status last = Ok();
};

struct Scenario {
  std::string name;
  std::shared_ptr<fs::MemFs> before;  // the machine as the commands find it; never changed
  std::vector<Command> commands;      // run one after the other
  // When the first k commands are done, k = 0 … commands.size():
  std::vector<std::string> states;           // StateOfVolume
  std::vector<std::set<std::string>> paths;  // PathsOfVolume

  // The volume is broken before the commands and put right by them: until then readers and checks rightly complain, and
  // recovery may refuse its work.
  bool begins_broken = false;

  // A machine as the commands find it.
  std::unique_ptr<fs::MemFs> Start() const { return before->Crash(fs::CrashMode::kKeepAll); }
  Answer Run(fs::MemFs& machine) const;
};

// kEvery: each changing command, first and repeated uses, and commands that begin where another one died. kLonger: also
// one command after the other, and longer histories, for scripts/torture.
enum class ScenarioSet { kEvery, kLonger };
std::vector<Scenario> AllScenarios(ScenarioSet set);

// kLonger when the environment asks for it (LOTMARK_TORTURE=full), else kEvery.
ScenarioSet ScenarioSetAskedFor();

// What a volume says of itself, "no volume", or "error: …": every change that took effect, in order, the versions of
// every model and its pointer. A change that recovery completed reads as one that was never interrupted.
std::string StateOfVolume(fs::MemFs& machine);

// Every file and link of the volume outside its journal: with a state come exactly these, none missing and none left
// over. Pointers, and what a copy made of one, are left out: the state tells them. Empty folders say nothing, nor does
// the top link, which is made ahead of the first activation and never changes.
std::set<std::string> PathsOfVolume(fs::MemFs& machine);

}  // namespace lotmark::govern
