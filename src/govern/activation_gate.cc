#include "govern/activation_gate.h"

#include "govern/approvals.h"
#include "govern/policy_in_force.h"

namespace lotmark::govern {
namespace {

uint64_t ArtifactBytes(const manifest::Manifest& manifest) {
  const manifest::Artifact* artifact = manifest.artifact(manifest::Format::kOnnx);
  if (artifact == nullptr || !artifact->file) return 0;
  uint64_t bytes = artifact->file->size.value_or(0);
  for (const manifest::FileRef& file : artifact->external_data) bytes += file.size.value_or(0);
  return bytes;
}

}  // namespace

Result<std::vector<policy::Unmet>> UnmetFor(const store::Reader& reader, const journal::VolumeHistory& history,
                                            const store::OpenedVersion& opened, const AvailableMemory& memory) {
  LOTMARK_ASSIGN_OR_RETURN(const policy::Policy in_force, ReadPolicy(reader.root(), history));
  LOTMARK_ASSIGN_OR_RETURN(
      auto approvals, VersionApprovals(reader.root(), reader.info(), history, in_force, opened.model, opened.version));
  policy::Facts facts{.usable_formats = {},
                      .golden_origin = {},
                      .artifact_bytes = ArtifactBytes(opened.manifest),
                      .available_memory = memory ? memory() : std::nullopt,
                      .approvals = std::move(approvals)};
  for (const auto& [format, artifact] : opened.manifest.artifacts()) {
    if (opened.manifest.MissingForServing(format).empty()) facts.usable_formats.insert(format);
  }
  if (opened.manifest.golden()) facts.golden_origin = opened.manifest.golden()->origin;
  return policy::UnmetConditions(in_force, facts);
}

store::ActivationPermit PolicyPermit(const store::Reader& reader, AvailableMemory memory) {
  return [&reader, memory = std::move(memory)](const store::OpenedVersion& opened,
                                               const journal::VolumeHistory& history) -> Status {
    LOTMARK_ASSIGN_OR_RETURN(const auto unmet, UnmetFor(reader, history, opened, memory));
    if (unmet.empty()) return Ok();
    return UnmetError("the policy does not let " + opened.model.text() + " " + opened.version.text() + " become active",
                      unmet);
  };
}

}  // namespace lotmark::govern
