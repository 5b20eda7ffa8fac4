#include "store/status.h"

#include <algorithm>

#include "store/snapshot.h"

namespace lotmark::store {
namespace {

std::optional<journal::Event> EventThatActivated(const Snapshot& snapshot, const ModelName& model,
                                                 const Version& active) {
  const journal::ModelHistory history = snapshot.history.Of(model);
  if (history.activations.empty() || history.activations.back().version != active) return std::nullopt;
  return snapshot.events[history.activations.back().event];
}

ModelStatus StatusOf(const Snapshot& snapshot, const ModelName& model) {
  const PointerReading& pointer = snapshot.pointers.at(model);
  ModelStatus status{.model = model, .active = pointer.version, .problem = pointer.problem};
  for (const journal::RegisteredVersion& at : snapshot.history.registered) {
    if (at.model == model) ++status.versions;
  }
  status.rollback_target = journal::RollbackTarget(snapshot.history, model);
  if (!pointer.version) return status;
  status.active_event = EventThatActivated(snapshot, model, *pointer.version);
  if (const auto* registered = snapshot.history.FindRegistered(model, *pointer.version)) {
    status.active_manifest_sha256 = registered->manifest_sha256;
  }
  return status;
}

void AddFromManifest(const Reader& reader, VersionSummary& summary) {
  const auto opened = reader.OpenVersion(summary.model, summary.version);
  if (!opened) {
    summary.problem = opened.error().text;
    return;
  }
  const manifest::Manifest& manifest = opened->manifest;
  if (manifest.digest() != summary.manifest_sha256) {
    summary.problem = std::string(kManifestFile) + ": is not the manifest that was registered: its digest is " +
                      manifest.digest().hex();
    return;
  }
  summary.export_date = manifest.export_date();
  summary.accuracy = manifest.accuracy();
  for (const auto& [format, artifact] : manifest.artifacts()) {
    summary.formats.emplace_back(manifest::FormatName(format));
  }
  if (manifest.golden()) summary.golden_origin = manifest.golden()->origin;
  for (const manifest::FileRef& file : manifest.Files()) summary.bytes += file.size.value_or(0);
}

VersionSummary Summarise(const Reader& reader, const Snapshot& snapshot, const journal::RegisteredVersion& registered) {
  const journal::Event& event = snapshot.events[registered.event];
  VersionSummary summary{.model = registered.model,
                         .version = registered.version,
                         .manifest_sha256 = registered.manifest_sha256,
                         .registered_at = event.time,
                         .registered_by = event.actor};
  summary.state = journal::StateOf(snapshot.history, registered.model, snapshot.pointers.at(registered.model).version,
                                   registered.version);
  AddFromManifest(reader, summary);
  return summary;
}

}  // namespace

Result<VolumeStatus> ReadStatus(const Reader& reader) {
  LOTMARK_ASSIGN_OR_RETURN(Snapshot snapshot, TakeSnapshot(reader));
  VolumeStatus status{.info = reader.info(),
                      .events = snapshot.events.size(),
                      .recovery_pending = snapshot.history.open_intent.has_value()};
  const ModelName& primary = reader.info().primary_model;
  status.models.push_back(StatusOf(snapshot, primary));
  for (const auto& [model, pointer] : snapshot.pointers) {
    if (model != primary) status.models.push_back(StatusOf(snapshot, model));
  }
  status.history = std::move(snapshot.history);
  return status;
}

Result<std::vector<VersionSummary>> ListRegistered(const Reader& reader, const ModelName& model) {
  LOTMARK_ASSIGN_OR_RETURN(const Snapshot snapshot, TakeSnapshot(reader));
  std::vector<VersionSummary> summaries;
  for (const journal::RegisteredVersion& at : snapshot.history.registered) {
    if (at.model == model) summaries.push_back(Summarise(reader, snapshot, at));
  }
  return summaries;
}

}  // namespace lotmark::store
