// The changing commands, as scenarios run them: on a volume of the model "lesion_cnn" in the folder "volume" of a
// machine in memory. A new changing command is one more function here.
#pragma once

#include <string>

#include "govern/testing/scenario.h"
#include "store/volume.h"

namespace lotmark::govern {

using store::Volume;

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

// Who may approve in scenarios.
enum Approver { kAda, kGrace };
// A policy that asks for so many approvals; `variant` makes others of the same meaning.
Command SetPolicy(size_t approvals, int variant = 0);
Command ApprovePolicy(size_t approvals, Approver by);
Command Approve(const std::string& version, Approver by);
Command AddGoldenEvidence(const std::string& version);
Command RevokeKeyOf(Approver whose);
Command QuarantineVersion(const std::string& version);
Command Stop(const std::string& version);
Command Repair();
Command AcceptRestoredJournal();

// What a copy tool or a hand does to the pointer, durably. kCopied: as kDereferenced, and the links for people too.
enum class Broken { kGone, kDereferenced, kCopied };
Command BreakPointer(Broken how);

}  // namespace command
}  // namespace lotmark::govern
