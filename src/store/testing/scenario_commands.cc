#include "store/testing/scenario_commands.h"

#include <iostream>

#include "store/testing/test_volume.h"

namespace lotmark::store {
namespace {

VolumeOptions Options() {
  static FixedClock clock;
  return {clock, kTestActor, std::chrono::milliseconds(0)};
}

SampleVersion SampleNamed(const std::string& model, const std::string& version) {
  SampleVersion sample = Sample(version);
  sample.model = model;
  return sample;
}

std::string SourceName(const SampleVersion& sample) { return "source-" + sample.model + "-" + sample.version; }

Status InitVolume(fs::MemFs& machine) {
  LOTMARK_ASSIGN_OR_RETURN(const auto root, machine.Root()->OpenDir(kScenarioVolume));
  LOTMARK_ASSIGN_OR_RETURN(const InitOutcome outcome, Volume::Init(*root, Model("lesion_cnn"), Options()));
  (void)outcome;
  return Ok();
}

}  // namespace

Result<std::unique_ptr<Volume>> OpenScenarioVolume(fs::MemFs& machine) {
  LOTMARK_ASSIGN_OR_RETURN(auto root, machine.Root()->OpenDir(kScenarioVolume));
  return Volume::Open(std::move(root), Options());
}

bool IsScenarioVolume(fs::MemFs& machine) {
  const auto root = machine.Root()->OpenDir(kScenarioVolume);
  return root && (*root)->Stat("volume.json");
}

void WriteScenarioSources(fs::MemFs& machine) {
  const auto root = machine.Root();
  for (const auto& sample : {SampleNamed("lesion_cnn", "v1"), SampleNamed("lesion_cnn", "v2"),
                             SampleNamed("lesion_cnn", "v3"), SampleNamed("mole_mapper", "v1")}) {
    if (!root->MakeDir(SourceName(sample))) std::abort();
    WriteSampleFiles(*root->OpenDir(SourceName(sample)).value(), sample);
  }
}

Status RecoverScenario(fs::MemFs& machine) {
  // As a person goes on: where `init` had not come to its end, `init` is run again.
  LOTMARK_ASSIGN_OR_RETURN(const auto root, machine.Root()->OpenDir(kScenarioVolume));
  const auto found = root->Stat("volume.json");
  if (!found && found.error().code == ErrorCode::kNotFound) return InitVolume(machine);
  if (!found) return found.error();
  LOTMARK_ASSIGN_OR_RETURN(const auto volume, OpenScenarioVolume(machine));
  return volume->Recover();
}

namespace command {

Command Init() { return InitVolume; }

Command Add(const std::string& version, const std::string& model) {
  return [sample = SampleNamed(model, version)](fs::MemFs& machine) -> Status {
    LOTMARK_ASSIGN_OR_RETURN(const auto volume, OpenScenarioVolume(machine));
    LOTMARK_ASSIGN_OR_RETURN(const auto source, machine.Root()->OpenDir(SourceName(sample)));
    LOTMARK_ASSIGN_OR_RETURN(const Registration done, volume->Register(*source, sample.ManifestBytes()));
    (void)done;
    return Ok();
  };
}

Command Activate(const std::string& version) {
  return [=](fs::MemFs& machine) -> Status {
    LOTMARK_ASSIGN_OR_RETURN(const auto volume, OpenScenarioVolume(machine));
    LOTMARK_ASSIGN_OR_RETURN(const PointerMove move, volume->Activate(Model("lesion_cnn"), V(version), "a test", {}));
    (void)move;
    return Ok();
  };
}

Command RollBackTo(const std::string& version) {
  return [=](fs::MemFs& machine) -> Status {
    LOTMARK_ASSIGN_OR_RETURN(const auto volume, OpenScenarioVolume(machine));
    // Going back to where it is would be refused; as a command that is run again it has nothing to do.
    LOTMARK_RETURN_IF_ERROR(volume->Recover());
    LOTMARK_ASSIGN_OR_RETURN(const auto active, volume->reader().ActiveVersion(Model("lesion_cnn")));
    if (active == V(version)) return Ok();
    LOTMARK_ASSIGN_OR_RETURN(const PointerMove move, volume->Rollback(Model("lesion_cnn"), V(version), "a test", {}));
    (void)move;
    return Ok();
  };
}

}  // namespace command
}  // namespace lotmark::store
