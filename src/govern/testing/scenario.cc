#include "govern/testing/scenario.h"

#include <cstdlib>
#include <iostream>
#include <optional>

#include "govern/testing/scenario_commands.h"
#include "store/status.h"
#include "store/testing/test_volume.h"

namespace lotmark::govern {
namespace {

using namespace store;  // the commands are its

// One line of AllScenarios.
struct Case {
  std::string name;
  std::vector<Command> before;  // on an empty folder
  std::vector<Command> commands;
  std::optional<uint64_t> dies_after = {};  // operations, of the last of `before`: it dies there and is not run again
  bool begins_broken = false;
};

void OrDie(const std::string& name, const Status& status) {
  if (status) return;
  std::cerr << "cannot prepare the scenario '" << name << "': " << status.error().text << "\n";
  std::abort();
}

std::shared_ptr<fs::MemFs> Prepare(const Case& at) {
  std::shared_ptr<fs::MemFs> machine = std::make_unique<fs::MemFs>();
  OrDie(at.name, machine->Root()->MakeDir(kScenarioVolume));
  WriteScenarioSources(*machine);
  OrDie(at.name, machine->Root()->Sync());
  for (const Command& command : at.before) {
    const bool dies = at.dies_after && &command == &at.before.back();
    if (dies) machine->FailAfter(*at.dies_after);
    const Status done = command(*machine);
    if (!dies) OrDie(at.name, done);
    if (dies && done) OrDie(at.name, Refused("the last command does not die after so many operations"));
  }
  return machine->Crash(fs::CrashMode::kTornWrite);
}

Scenario Make(const Case& at) {
  Scenario scenario{at.name, Prepare(at), at.commands, {}, {}, at.begins_broken};
  const auto machine = scenario.Start();
  if (IsScenarioVolume(*machine) && !at.begins_broken) OrDie(at.name, RecoverScenario(*machine));
  const auto keep = [&] {
    scenario.states.push_back(StateOfVolume(*machine));
    scenario.paths.push_back(PathsOfVolume(*machine));
  };
  keep();
  for (const Command& command : at.commands) {
    OrDie(at.name, command(*machine));
    keep();
  }
  return scenario;
}

// An intent that took effect reads the same whether its done event or recovery says so; one that did not is left out.
std::string DescribeChanges(const std::vector<journal::Event>& events) {
  std::string text;
  std::optional<journal::Event> intent;
  for (const journal::Event& event : events) {
    if (journal::DoneOf(event.kind)) {
      intent = event;
      continue;
    }
    const journal::EventKind what = intent ? intent->kind : event.kind;
    intent.reset();
    if (event.outcome == journal::Outcome::kAbandoned) continue;
    text += std::string(journal::EventKindName(what));
    if (event.model) text += " " + event.model->text();
    if (event.person) text += " by " + *event.person;
    if (event.file_sha256 && !event.person) text += " " + event.file_sha256->short_hex();
    if (event.version) text += " " + event.version->text();
    text += "; ";
  }
  return text;
}

std::string DescribeModel(const Reader& reader, const ModelStatus& model) {
  std::string text = model.model.text() + ":";
  const auto versions = reader.ListVersions(model.model);
  if (!versions) return "error: " + versions.error().text;
  for (const Version& version : *versions) text += " " + version.text();
  if (model.active) text += ", active " + model.active->text();
  if (!model.problem.empty()) text += ", pointer broken";
  return text + "; ";
}

// What was done before the commands of several cases.
struct Histories {
  std::vector<Command> two = {command::Init(), command::Add("v1"), command::Add("v2"), command::Activate("v1")};
  std::vector<Command> two_active = With(two, command::Activate("v2"));
  std::vector<Command> approving = With(two, command::SetPolicy(2));
  std::vector<Command> broken = With(two, command::BreakPointer(command::Broken::kGone));
  std::vector<Command> dereferenced = With(two, command::BreakPointer(command::Broken::kDereferenced));
  std::vector<Command> copied = With(two, command::BreakPointer(command::Broken::kCopied));

  static std::vector<Command> With(std::vector<Command> commands, Command one_more) {
    commands.push_back(std::move(one_more));
    return commands;
  }
};

std::vector<Case> EveryCase() {
  using namespace command;
  const Histories at;
  return {
      {"init", {}, {Init()}},
      {"add the first version", {Init()}, {Add("v1")}},
      {"add a second version", {Init(), Add("v1"), Activate("v1")}, {Add("v2")}},
      {"add another model", {Init(), Add("v1")}, {Add("v1", "mole_mapper")}},
      {"activate the first version", {Init(), Add("v1")}, {Activate("v1")}},
      {"activate a second version", at.two, {Activate("v2")}},
      {"roll back", at.two_active, {RollBackTo("v1")}},
      {"activate where an add died", {Init(), Add("v1"), Add("v2")}, {Activate("v1")}, 90},
      {"add where an activation died", at.two_active, {Add("v3")}, 90},
      {"set a policy", at.two, {SetPolicy(2)}},
      {"change a policy that asks for approvals",
       at.approving,
       {ApprovePolicy(0, kAda), ApprovePolicy(0, kGrace), SetPolicy(0)}},
      {"approve", at.approving, {Approve("v2", kAda)}},
      {"add evidence", at.two, {AddGoldenEvidence("v2")}},
      {"revoke a key", at.approving, {RevokeKeyOf(kAda)}},
      {"quarantine", at.two_active, {QuarantineVersion("v1")}},
      {"quarantine, then stop", at.two_active, {QuarantineVersion("v2"), Stop("v2")}},
      {"repair a pointer that is gone", at.broken, {Repair()}, {}, true},
      {"repair a copy that followed every link", at.copied, {Repair()}, {}, true},
      {"accept a restored journal", at.two_active, {AcceptRestoredJournal()}},
      {"approve where a policy change died",
       {Init(), Add("v1"), Add("v2"), Activate("v1"), SetPolicy(2), SetPolicy(2, 7)},
       {Approve("v2", kAda)},
       70},
  };
}

std::vector<Case> LongerCases() {
  using namespace command;
  const Histories at;
  std::vector<Case> cases = {
      {"activate an earlier version again", at.two_active, {Activate("v1")}},
      {"init, then add", {}, {Init(), Add("v1")}},
      {"add, then activate", {Init(), Add("v1"), Activate("v1")}, {Add("v2"), Activate("v2")}},
      {"activate, then roll back", at.two, {Activate("v2"), RollBackTo("v1")}},
      {"approve, then activate", at.approving, {Approve("v2", kAda), Approve("v2", kGrace), Activate("v2")}},
      {"quarantine, then roll back", at.two_active, {QuarantineVersion("v2"), RollBackTo("v1")}},
      {"repair a pointer that was dereferenced", at.dereferenced, {Repair()}, {}, true},
      {"stop, then roll back",
       {Init(), Add("v1"), Add("v2"), Activate("v1"), Activate("v2"), QuarantineVersion("v2")},
       {Stop("v2"), RollBackTo("v1")}},
  };
  std::vector<Command> many = {Init(), Add("v1"), Add("v2"), Add("v3")};
  for (int i = 0; i < 4; ++i) {
    for (const char* version : {"v1", "v2", "v3"}) many.push_back(Activate(version));
  }
  cases.push_back({"activate after a long history", many, {Activate("v1")}});
  cases.push_back({"roll back after a long history", many, {RollBackTo("v1")}});
  cases.push_back({"add after a long history", many, {Add("v1", "mole_mapper")}});
  cases.push_back({"from nothing to active", {}, {Init(), Add("v1"), Activate("v1")}});
  cases.push_back({"forward, back, forward",
                   {Init(), Add("v1"), Add("v2"), Activate("v1")},
                   {Activate("v2"), RollBackTo("v1"), Activate("v2")}});
  // Wherever an add or an activation died, other commands go on from there.
  for (uint64_t n = 10; n <= 120; n += 10) {
    const std::string where = "operation " + std::to_string(n);
    cases.push_back({"activate where an add died at " + where,
                     {Init(), Add("v1"), Activate("v1"), Add("v2"), Add("v3")},
                     {Activate("v2")},
                     n});
  }
  for (uint64_t n = 10; n <= 100; n += 10) {
    const std::string where = "operation " + std::to_string(n);
    cases.push_back({"add where an activation died at " + where,
                     {Init(), Add("v1"), Add("v2"), Activate("v1"), Activate("v2")},
                     {Add("v3")},
                     n});
  }
  return cases;
}

}  // namespace

Answer Scenario::Run(fs::MemFs& machine) const {
  Answer answer;
  for (const Command& command : commands) {
    answer.last = command(machine);
    if (!answer.last) break;
    ++answer.acknowledged;
  }
  return answer;
}

std::vector<Scenario> AllScenarios(ScenarioSet set) {
  std::vector<Case> cases = EveryCase();
  if (set == ScenarioSet::kLonger) {
    for (Case& at : LongerCases()) cases.push_back(std::move(at));
  }
  std::vector<Scenario> scenarios;
  for (const Case& at : cases) scenarios.push_back(Make(at));
  return scenarios;
}

ScenarioSet ScenarioSetAskedFor() {
  const char* asked = std::getenv("LOTMARK_TORTURE");
  return asked != nullptr && std::string_view(asked) == "full" ? ScenarioSet::kLonger : ScenarioSet::kEvery;
}

std::string StateOfVolume(fs::MemFs& machine) {
  if (!IsScenarioVolume(machine)) return "no volume";
  const auto volume = OpenScenarioVolume(machine);
  if (!volume) return "error: " + volume.error().text;
  const auto events = (*volume)->reader().History();
  if (!events) return "error: " + events.error().text;
  const auto status = ReadStatus((*volume)->reader());
  if (!status) return "error: " + status.error().text;
  std::string text = DescribeChanges(*events);
  for (const ModelStatus& model : status->models) text += DescribeModel((*volume)->reader(), model);
  return text;
}

std::set<std::string> PathsOfVolume(fs::MemFs& machine) {
  std::set<std::string> paths;
  for (const auto& [path, what] : TreeOf(*machine.Root()->OpenDir(kScenarioVolume).value())) {
    const bool pointer = path.ends_with("/active") || path.find("/active/") != std::string::npos;
    if (what == "folder" || pointer || path == "model-manifest.json" || path.starts_with("journal/")) continue;
    paths.insert(path);
  }
  return paths;
}

}  // namespace lotmark::govern
