#include "govern/activation_gate.h"

#include "govern/approvals.h"
#include "govern/policy_in_force.h"
#include "manifest/load_size.h"

namespace lotmark::govern {
namespace {

// Of a version that is not registered: none.
Result<policy::ApprovalFacts> ApprovalsOf(const store::Reader& reader, const journal::VolumeHistory& history,
                                          const policy::Policy& in_force, const manifest::Manifest& manifest) {
  if (history.FindRegistered(manifest.model_name(), manifest.version()) != nullptr) {
    return VersionApprovals(reader.root(), reader.info(), history, in_force, manifest.model_name(), manifest.version());
  }
  const approval::VersionSubject subject{manifest.model_name(), manifest.version(), manifest.digest(), {}};
  return policy::ApprovalFacts{{reader.info().volume_id, subject}, {}, {}};
}

}  // namespace

Result<std::vector<policy::Unmet>> UnmetFor(const store::Reader& reader, const journal::VolumeHistory& history,
                                            const manifest::Manifest& manifest, const AvailableMemory& memory) {
  LOTMARK_ASSIGN_OR_RETURN(const policy::Policy in_force, ReadPolicy(reader.root(), history));
  LOTMARK_ASSIGN_OR_RETURN(auto approvals, ApprovalsOf(reader, history, in_force, manifest));
  policy::Facts facts{.usable_formats = {},
                      .golden_origin = {},
                      .artifact_bytes = manifest::LoadSize(manifest, manifest::Format::kOnnx),
                      .available_memory = memory ? memory() : std::nullopt,
                      .approvals = std::move(approvals)};
  for (const auto& [format, artifact] : manifest.artifacts()) {
    if (manifest.MissingForServing(format).empty()) facts.usable_formats.insert(format);
  }
  if (manifest.golden()) facts.golden_origin = manifest.golden()->origin;
  return policy::UnmetConditions(in_force, facts);
}

store::ActivationPermit PolicyPermit(const store::Reader& reader, AvailableMemory memory) {
  return [&reader, memory = std::move(memory)](const store::OpenedVersion& opened,
                                               const journal::VolumeHistory& history) -> Status {
    LOTMARK_ASSIGN_OR_RETURN(const auto unmet, UnmetFor(reader, history, opened.manifest, memory));
    if (unmet.empty()) return Ok();
    return UnmetError("the policy does not let " + opened.model.text() + " " + opened.version.text() + " become active",
                      unmet);
  };
}

}  // namespace lotmark::govern
