// The changing commands, as scenarios run them: on a volume of the model "lesion_cnn" in the folder "volume" of a
// machine in memory. A new changing command is one more function here.
#pragma once

#include <string>

#include "store/testing/scenario.h"
#include "store/volume.h"

namespace lotmark::store {

constexpr char kScenarioVolume[] = "volume";

Result<std::unique_ptr<Volume>> OpenScenarioVolume(fs::MemFs& machine);
// True when the folder is a volume; until then a person runs `init` again.
bool IsScenarioVolume(fs::MemFs& machine);

// What can be added: samples that lie beside the volume. Dies when it cannot.
void WriteScenarioSources(fs::MemFs& machine);

// What the next command of any kind does first; `init` where there is no volume yet.
Status RecoverScenario(fs::MemFs& machine);

namespace command {

Command Init();
Command Add(const std::string& version, const std::string& model = "lesion_cnn");
Command Activate(const std::string& version);
Command RollBackTo(const std::string& version);

}  // namespace command
}  // namespace lotmark::store
