#include "govern/testing/scenario_commands.h"

#include <iostream>
#include <map>
#include <mutex>

#include "fs/file_ops.h"
#include "govern/activation_gate.h"
#include "govern/approvals.h"
#include "govern/evidence.h"
#include "govern/policy_in_force.h"
#include "policy/testing/samples.h"
#include "store/repair.h"
#include "store/stop.h"
#include "store/testing/test_volume.h"

namespace lotmark::govern {
namespace {

using namespace store;  // the commands are its

// Always the same, so that equal states have equal bytes.
const Uuid kVolumeId = Uuid::Parse("3f0c2d8e-8c0d-4b7e-9a55-0a3f2d1c4b5a").value();
constexpr std::optional<uint64_t> kMuchMemory = uint64_t{1} << 40;

const std::vector<policy::testing::Person>& People() {
  static const std::vector<policy::testing::Person> people = {policy::testing::MakePerson("Ada Lovelace"),
                                                              policy::testing::MakePerson("Grace Hopper")};
  return people;
}

policy::Policy PolicyAskingFor(size_t approvals, int variant) {
  Json activation{{"approvals", approvals}};
  if (variant > 0) activation["free_memory"] = Json{{"times_artifact", variant}};
  return policy::testing::PolicyOf(People(), activation);
}

// ECDSA signs the same text differently each time: once signed, an approval stays, so that equal states have equal
// bytes.
std::string SignedOnce(const approval::ApprovalRequest& request, command::Approver by) {
  static std::mutex mutex;
  static std::map<std::pair<std::string, int>, std::string> known;
  const std::lock_guard lock(mutex);
  std::string& bytes = known[{approval::FormatRequest(request), by}];
  if (bytes.empty()) {
    const policy::testing::Person& person = People()[by];
    bytes =
        approval::Approval::Sign({person.name, FixedClock().now, "I approve", request}, person.keys[0]).value().bytes();
  }
  return bytes;
}

template <typename T>
Status Done(const Result<T>& result) {
  return result ? Ok() : Status(result.error());
}

VolumeOptions Options() {
  static FixedClock clock;
  return {clock, kTestActor, std::chrono::milliseconds(0), TestJournalKey};
}

SampleVersion SampleNamed(const std::string& model, const std::string& version) {
  SampleVersion sample = Sample(version);
  sample.model = model;
  return sample;
}

std::string SourceName(const SampleVersion& sample) { return "source-" + sample.model + "-" + sample.version; }

// A file where a link was.
Status PutCopy(fs::Dir& folder, const std::string& name, const std::string& bytes) {
  LOTMARK_RETURN_IF_ERROR(folder.RemoveFile(name));
  return fs::WriteFileAtomic(folder, name, AsBytes(bytes), fs::IfExists::kRefuse);
}

Status InitVolume(fs::MemFs& machine) {
  LOTMARK_ASSIGN_OR_RETURN(const auto root, machine.Root()->OpenDir(kScenarioVolume));
  LOTMARK_ASSIGN_OR_RETURN(
      const InitOutcome outcome,
      Volume::Init(*root, {Model("lesion_cnn"), policy::DefaultPolicyBytes(), kVolumeId}, Options()));
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
    LOTMARK_ASSIGN_OR_RETURN(const PointerMove move,
                             volume->Activate(Model("lesion_cnn"), V(version), "a test", {},
                                              PolicyPermit(volume->reader(), [] { return kMuchMemory; })));
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

Command SetPolicy(size_t approvals, int variant) {
  return [=](fs::MemFs& machine) -> Status {
    LOTMARK_ASSIGN_OR_RETURN(const auto volume, OpenScenarioVolume(machine));
    return Done(govern::SetPolicy(volume->Place(), PolicyAskingFor(approvals, variant).bytes(), "a test"));
  };
}

Command ApprovePolicy(size_t approvals, Approver by) {
  return [=](fs::MemFs& machine) -> Status {
    LOTMARK_ASSIGN_OR_RETURN(const auto volume, OpenScenarioVolume(machine));
    LOTMARK_RETURN_IF_ERROR(volume->Recover());
    LOTMARK_ASSIGN_OR_RETURN(const auto events, volume->reader().History());
    LOTMARK_ASSIGN_OR_RETURN(const auto history, journal::FoldEvents(events));
    const policy::Policy proposed = PolicyAskingFor(approvals, 0);
    // As a command that is run again after the policy came into force: there is nothing to approve.
    if (proposed.digest() == history.policy_sha256) return Ok();
    const auto request = RequestFor(volume->reader().info(), history, proposed);
    return Done(ImportApproval(volume->Place(), SignedOnce(request, by)));
  };
}

Command Approve(const std::string& version, Approver by) {
  return [=](fs::MemFs& machine) -> Status {
    LOTMARK_ASSIGN_OR_RETURN(const auto volume, OpenScenarioVolume(machine));
    LOTMARK_RETURN_IF_ERROR(volume->Recover());
    LOTMARK_ASSIGN_OR_RETURN(const auto events, volume->reader().History());
    LOTMARK_ASSIGN_OR_RETURN(const auto history, journal::FoldEvents(events));
    LOTMARK_ASSIGN_OR_RETURN(const auto request,
                             RequestFor(volume->reader().info(), history, Model("lesion_cnn"), V(version)));
    return Done(ImportApproval(volume->Place(), SignedOnce(request, by)));
  };
}

Command AddGoldenEvidence(const std::string& version) {
  return [=](fs::MemFs& machine) -> Status {
    LOTMARK_ASSIGN_OR_RETURN(const auto volume, OpenScenarioVolume(machine));
    return Done(AddEvidence(volume->Place(), Model("lesion_cnn"), V(version), "golden_result", "{\"passed\":true}"));
  };
}

Command RevokeKeyOf(Approver whose) {
  return [=](fs::MemFs& machine) -> Status {
    LOTMARK_ASSIGN_OR_RETURN(const auto volume, OpenScenarioVolume(machine));
    return Done(RevokeKey(volume->Place(), People()[whose].keys[0].public_key().id(), "a test"));
  };
}

Command QuarantineVersion(const std::string& version) {
  return [=](fs::MemFs& machine) -> Status {
    LOTMARK_ASSIGN_OR_RETURN(const auto volume, OpenScenarioVolume(machine));
    return Done(Quarantine(volume->Place(), Model("lesion_cnn"), V(version), "a test", /*leaves=*/true));
  };
}

Command Stop(const std::string& version) {
  return [=](fs::MemFs& machine) -> Status {
    LOTMARK_ASSIGN_OR_RETURN(const auto volume, OpenScenarioVolume(machine));
    return StopActive(volume->Place(), Model("lesion_cnn"), V(version), "a test");
  };
}

Command Repair() {
  return [](fs::MemFs& machine) -> Status {
    LOTMARK_ASSIGN_OR_RETURN(const auto volume, OpenScenarioVolume(machine));
    return Done(RepairPointers(volume->Place(), volume->reader(), "a test"));
  };
}

Command AcceptRestoredJournal() {
  return [](fs::MemFs& machine) -> Status {
    LOTMARK_ASSIGN_OR_RETURN(const auto volume, OpenScenarioVolume(machine));
    LOTMARK_RETURN_IF_ERROR(volume->Recover());
    LOTMARK_ASSIGN_OR_RETURN(const auto events, volume->reader().History());
    // As a command that is run again: it is accepted already.
    if (events.back().kind == journal::EventKind::kRestoredAccepted) return Ok();
    return volume->AcceptRestored("a test");
  };
}

Command BreakPointer(Broken how) {
  return [=](fs::MemFs& machine) -> Status {
    LOTMARK_ASSIGN_OR_RETURN(const auto model, machine.Root()->OpenDir("volume/models/lesion_cnn"));
    LOTMARK_RETURN_IF_ERROR(model->RemoveFile("active"));
    if (how != Broken::kGone) {
      LOTMARK_RETURN_IF_ERROR(model->MakeDir("active"));
      LOTMARK_ASSIGN_OR_RETURN(const auto copy, model->OpenDir("active"));
      WriteSampleFiles(*copy, SampleNamed("lesion_cnn", "v1"));
    }
    LOTMARK_RETURN_IF_ERROR(model->Sync());
    if (how != Broken::kCopied) return Ok();
    LOTMARK_ASSIGN_OR_RETURN(const auto root, machine.Root()->OpenDir(kScenarioVolume));
    LOTMARK_RETURN_IF_ERROR(PutCopy(*root, "policy.json", policy::DefaultPolicyBytes()));
    return PutCopy(*root, "model-manifest.json", SampleNamed("lesion_cnn", "v1").ManifestBytes());
  };
}

}  // namespace command
}  // namespace lotmark::govern
