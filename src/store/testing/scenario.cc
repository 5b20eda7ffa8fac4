#include "store/testing/scenario.h"

#include <iostream>

#include "base/uuid.h"
#include "store/status.h"
#include "store/testing/test_volume.h"
#include "store/verification.h"

namespace lotmark::store {
namespace {

constexpr char kVolume[] = "volume";
constexpr size_t kUuidBytes = 36;
// Always the same, so that equal states have equal bytes.
const Uuid kVolumeId = Uuid::Parse("3f0c2d8e-8c0d-4b7e-9a55-0a3f2d1c4b5a").value();

FixedClock& TheClock() {
  static FixedClock clock;
  return clock;
}

VolumeOptions Options() { return {TheClock(), kTestActor, std::chrono::milliseconds(0), TestJournalKey}; }

Status Init(fs::MemFs& machine) {
  LOTMARK_ASSIGN_OR_RETURN(const auto root, machine.Root()->OpenDir(kVolume));
  LOTMARK_ASSIGN_OR_RETURN(const InitOutcome outcome, Volume::Init(*root, {Model("lesion_cnn"), "{}", kVolumeId}, Options()));
  (void)outcome;
  return Ok();
}

Result<std::unique_ptr<Volume>> OpenVolume(fs::MemFs& machine) {
  LOTMARK_ASSIGN_OR_RETURN(auto root, machine.Root()->OpenDir(kVolume));
  return Volume::Open(std::move(root), Options());
}

Status Recover(fs::MemFs& machine) {
  LOTMARK_ASSIGN_OR_RETURN(const auto volume, OpenVolume(machine));
  return volume->Recover();
}

SampleVersion SampleNamed(const std::string& model, const std::string& version) {
  SampleVersion sample = Sample(version);
  sample.model = model;
  return sample;
}

std::string SourceName(const SampleVersion& sample) { return "source-" + sample.model + "-" + sample.version; }

Status Register(fs::MemFs& machine, const SampleVersion& sample) {
  LOTMARK_ASSIGN_OR_RETURN(const auto volume, OpenVolume(machine));
  LOTMARK_ASSIGN_OR_RETURN(const auto source, machine.Root()->OpenDir(SourceName(sample)));
  LOTMARK_ASSIGN_OR_RETURN(const Registration done, volume->Register(*source, sample.ManifestBytes()));
  (void)done;
  return Ok();
}

Status Activate(fs::MemFs& machine, const std::string& version) {
  LOTMARK_ASSIGN_OR_RETURN(const auto volume, OpenVolume(machine));
  LOTMARK_ASSIGN_OR_RETURN(const PointerMove move, volume->Activate(Model("lesion_cnn"), V(version), "a test", {}, {}));
  (void)move;
  return Ok();
}

Status RollbackTo(fs::MemFs& machine, const std::string& version) {
  LOTMARK_ASSIGN_OR_RETURN(const auto volume, OpenVolume(machine));
  // So that running it again after it took effect is the same command.
  LOTMARK_ASSIGN_OR_RETURN(const auto active, volume->reader().ActiveVersion(Model("lesion_cnn")));
  if (active == V(version)) return Ok();
  LOTMARK_ASSIGN_OR_RETURN(const PointerMove move, volume->Rollback(Model("lesion_cnn"), V(version), "a test", {}));
  (void)move;
  return Ok();
}

void OrDie(const Status& status) {
  if (status) return;
  std::cerr << "cannot prepare a scenario: " << status.error().text << "\n";
  std::abort();
}

using Step = std::function<Status(fs::MemFs&)>;

Scenario Make(std::string name, const std::vector<Step>& prepare, const Step& command) {
  Scenario scenario{std::move(name), std::make_shared<fs::MemFs>(), command, Recover, "", ""};
  const auto root = scenario.before->Root();
  OrDie(root->MakeDir(kVolume));
  for (const auto& sample :
       {SampleNamed("lesion_cnn", "v1"), SampleNamed("lesion_cnn", "v2"), SampleNamed("mole_mapper", "v1")}) {
    OrDie(root->MakeDir(SourceName(sample)));
    WriteSampleFiles(*root->OpenDir(SourceName(sample)).value(), sample);
  }
  OrDie(root->Sync());
  for (const Step& step : prepare) OrDie(step(*scenario.before));
  scenario.old_state = StateOfVolume(*scenario.before);
  const auto after = scenario.Start();
  OrDie(command(*after));
  scenario.new_state = StateOfVolume(*after);
  return scenario;
}

std::string DescribeModel(const Reader& reader, const ModelStatus& model) {
  std::string text = model.model.text() + ":";
  for (const auto& version : ListRegistered(reader, model.model).value()) text += " " + version.version.text();
  if (model.active) text += ", active " + model.active->text();
  return text;
}

bool IsOneOf(const Scenario& scenario, const std::string& state) {
  return state == scenario.old_state || state == scenario.new_state;
}

// What a service sees that starts before anybody recovers.
std::string CheckReaders(const Scenario& scenario, fs::MemFs& machine) {
  const auto root = machine.Root()->OpenDir(kVolume);
  if (!root || !(*root)->Stat("volume.json")) return "";
  const auto volume = OpenVolume(machine);
  if (!volume) return "a reader cannot open it: " + volume.error().text;
  const Reader& reader = (*volume)->reader();
  const auto active = reader.ActiveVersion(Model("lesion_cnn"));
  if (!active) return "a reader cannot read the pointer: " + active.error().text;
  if (!*active) return "";
  const std::string named = ", active " + (*active)->text();
  if (scenario.old_state.find(named) == std::string::npos && scenario.new_state.find(named) == std::string::npos) {
    return "a reader finds the pointer" + named;
  }
  const auto opened = reader.OpenVersion(Model("lesion_cnn"), **active);
  if (!opened) return "a reader cannot open the active version: " + opened.error().text;
  const auto report = VerifyVersion(*opened, opened->manifest.digest(), {});
  return report && report->ok() ? "" : "a reader finds the active version damaged";
}

// Events, pointer and files agree, and nothing is left over.
std::string CheckConsistent(fs::MemFs& machine) {
  const auto volume = OpenVolume(machine);
  if (!volume) return "cannot open: " + volume.error().text;
  const auto status = ReadStatus((*volume)->reader());
  if (!status) return "no status: " + status.error().text;
  if (status->recovery_pending) return "recovery is pending after recovery";
  const auto report = Verify((*volume)->reader(), {});
  if (!report) return "cannot verify: " + report.error().text;
  if (!report->problems.empty()) return report->problems[0];
  if (!report->ok()) return report->Bad()[0].Message();
  for (const auto& [path, what] : TreeOf((*volume)->reader().root())) {
    if (path.starts_with("staging/") || path.find(".tmp-") != std::string::npos) return "left over: " + path;
  }
  return "";
}

std::map<std::string, std::string> TreeOfMachine(fs::MemFs& machine) { return TreeOf(*machine.Root()); }

}  // namespace

std::string StateOfVolume(fs::MemFs& machine) {
  const auto root = machine.Root()->OpenDir(kVolume).value();
  if (!root->Stat("volume.json")) return "no volume";
  const auto volume = OpenVolume(machine);
  if (!volume) return "error: " + volume.error().text;
  const auto status = ReadStatus((*volume)->reader());
  if (!status) return "error: " + status.error().text;
  std::string text;
  for (const ModelStatus& model : status->models) {
    text += (text.empty() ? "" : "; ") + DescribeModel((*volume)->reader(), model);
  }
  return text;
}

std::string Fingerprint(fs::MemFs& machine) {
  std::string text;
  for (const auto& [path, what] : TreeOfMachine(machine)) text += path + "\n" + what + "\n";
  for (size_t at = 0; at + kUuidBytes <= text.size(); ++at) {
    if (text[at + 8] == '-' && Uuid::Parse(std::string_view(text).substr(at, kUuidBytes))) {
      text.replace(at, kUuidBytes, "<uuid>");
    }
  }
  return text;
}

std::vector<Scenario> AllScenarios() {
  const auto add = [](const std::string& version) -> Step {
    return [=](fs::MemFs& machine) { return Register(machine, SampleNamed("lesion_cnn", version)); };
  };
  const auto activate = [](const std::string& version) -> Step {
    return [=](fs::MemFs& machine) { return Activate(machine, version); };
  };
  const Step add_other = [](fs::MemFs& machine) { return Register(machine, SampleNamed("mole_mapper", "v1")); };
  const Step back_to_v1 = [](fs::MemFs& machine) { return RollbackTo(machine, "v1"); };

  std::vector<Scenario> scenarios;
  scenarios.push_back(Make("init", {}, Init));
  scenarios.back().recover = Init;
  scenarios.push_back(Make("add the first version", {Init}, add("v1")));
  scenarios.push_back(Make("add a second version", {Init, add("v1"), activate("v1")}, add("v2")));
  scenarios.push_back(Make("add another model", {Init, add("v1")}, add_other));
  scenarios.push_back(Make("activate the first version", {Init, add("v1")}, activate("v1")));
  scenarios.push_back(Make("activate a second version", {Init, add("v1"), add("v2"), activate("v1")}, activate("v2")));
  scenarios.push_back(Make("roll back", {Init, add("v1"), add("v2"), activate("v1"), activate("v2")}, back_to_v1));
  return scenarios;
}

std::string CheckAfterwards(const Scenario& scenario, fs::MemFs& machine, bool acknowledged) {
  if (std::string wrong = CheckReaders(scenario, machine); !wrong.empty()) return wrong;
  // Init is its own recovery; it would go on to the new state, so the old one is looked for first.
  const std::string found = StateOfVolume(machine);
  const Status recovered = scenario.recover(machine);
  if (!recovered) return "recovery failed: " + recovered.error().text;
  const std::string state = StateOfVolume(machine);
  if (!IsOneOf(scenario, state)) return "neither old nor new: " + state;
  if (acknowledged && found != scenario.new_state) return "what was acknowledged is lost: " + found;
  if (std::string wrong = CheckConsistent(machine); !wrong.empty()) return wrong;

  const auto tree = TreeOfMachine(machine);
  const Status again = scenario.recover(machine);
  if (!again) return "the second recovery failed: " + again.error().text;
  if (TreeOfMachine(machine) != tree) return "the second recovery changed something";

  const Status repeated = scenario.command(machine);
  if (!repeated) return "the command cannot be repeated: " + repeated.error().text;
  if (StateOfVolume(machine) != scenario.new_state) return "repeated, but not new: " + StateOfVolume(machine);
  return CheckConsistent(machine);
}

}  // namespace lotmark::store
