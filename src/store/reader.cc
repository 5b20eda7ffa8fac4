#include "store/reader.h"

#include <algorithm>

#include "base/encoding.h"
#include "fs/file_ops.h"
#include "store/pointer.h"

namespace lotmark::store {
namespace {

constexpr uint64_t kMaxVolumeFileBytes = 64 << 10;

Error NoSuchVersion(const ModelName& model, const Version& version) {
  return NotFound("model " + model.text() + " has no version " + version.text(), "`lotmark list` shows the versions.");
}

// The entries of `path` that are folders with a valid id for a name. None when there is no such folder.
template <typename T>
Result<std::vector<T>> ListIds(fs::Dir& root, const std::string& path) {
  std::vector<T> ids;
  auto folder = root.OpenDir(path);
  if (!folder && folder.error().code == ErrorCode::kNotFound) return ids;
  if (!folder) return std::move(folder).error();
  LOTMARK_ASSIGN_OR_RETURN(const std::vector<fs::Entry> entries, (*folder)->List());
  for (const fs::Entry& entry : entries) {
    auto id = T::Parse(entry.name);
    if (id && entry.kind == fs::EntryKind::kFolder) ids.push_back(*std::move(id));
  }
  return ids;
}

}  // namespace

Result<VolumeInfo> ReadVolumeInfo(fs::Dir& root) {
  auto bytes = fs::ReadWholeFile(root, kVolumeFile, kMaxVolumeFileBytes);
  if (!bytes && bytes.error().code == ErrorCode::kNotFound) {
    return Refused(root.DisplayPath() + ": is not a model volume: it has no volume.json",
                   "`lotmark init VOLUME --model NAME` makes one.");
  }
  if (!bytes) return std::move(bytes).error();
  auto info = ParseVolumeInfo(AsText(*bytes));
  if (!info) return Prefixed(Join(root.DisplayPath(), kVolumeFile), std::move(info).error());
  return info;
}

Result<std::unique_ptr<Reader>> Reader::Open(std::unique_ptr<fs::Dir> root, const ReaderOptions& options) {
  LOTMARK_ASSIGN_OR_RETURN(VolumeInfo info, ReadVolumeInfo(*root));
  if (options.journal_key && options.journal_key->Text() != info.journal_key.Text()) {
    return Refused(Join(root->DisplayPath(), kVolumeFile) + ": journal_key: is not the key that was given: expected " +
                       options.journal_key->Text() + ", found " + info.journal_key.Text(),
                   "This is another volume, or somebody replaced its journal.");
  }
  auto folder = root->OpenDir(kJournalFolder);
  if (!folder) return Prefixed("the volume's journal cannot be read", std::move(folder).error());
  std::unique_ptr<journal::Memory> memory;
  if (options.memory) {
    LOTMARK_ASSIGN_OR_RETURN(memory, options.memory(info.volume_id));
  }
  auto journal = std::make_unique<journal::Journal>(*std::move(folder), info.journal_key, std::move(memory));
  return std::unique_ptr<Reader>(new Reader(std::move(root), std::move(journal), std::move(info)));
}

Result<std::optional<Version>> Reader::ActiveVersion(const ModelName& model) const {
  return ReadPointer(*root_, model);
}

Result<OpenedVersion> Reader::OpenVersion(const ModelName& model, const Version& version) const {
  auto folder = root_->OpenDir(VersionPath(model, version));
  if (!folder && folder.error().code == ErrorCode::kNotFound) return NoSuchVersion(model, version);
  if (!folder) return std::move(folder).error();
  const std::string where = Join(model.text(), version.text()) + "/" + std::string(kManifestFile);
  auto bytes = fs::ReadWholeFile(**folder, kManifestFile, manifest::Manifest::kMaxBytes);
  if (!bytes) return Prefixed(where, std::move(bytes).error());
  auto manifest = manifest::Manifest::Parse(std::string(AsText(*bytes)));
  if (!manifest) return Prefixed(where, std::move(manifest).error());
  if (manifest->model_name() != model || manifest->version() != version) {
    return Refused(where + ": is the manifest of " + Join(manifest->model_name().text(), manifest->version().text()));
  }
  return OpenedVersion{model, version, *std::move(manifest), *std::move(folder)};
}

Result<std::vector<ModelName>> Reader::ListModels() const {
  LOTMARK_ASSIGN_OR_RETURN(const std::vector<ModelName> names, ListIds<ModelName>(*root_, std::string(kModelsFolder)));
  std::vector<ModelName> models;
  for (const ModelName& name : names) {
    LOTMARK_ASSIGN_OR_RETURN(const std::vector<Version> versions, ListVersions(name));
    if (!versions.empty()) models.push_back(name);
  }
  return models;
}

Result<std::vector<Version>> Reader::ListVersions(const ModelName& model) const {
  return ListIds<Version>(*root_, VersionsPath(model));
}

Result<tlog::TreeHead> Reader::JournalHead() const {
  LOTMARK_ASSIGN_OR_RETURN(const tlog::TileLog log, journal_->OpenLog());
  return log.head();
}

Result<std::vector<journal::Event>> Reader::History(const std::optional<ModelName>& model) const {
  LOTMARK_ASSIGN_OR_RETURN(std::vector<journal::Event> events, journal_->ReadAll());
  LOTMARK_RETURN_IF_ERROR(CheckSameVolume(info_, events));
  if (model) std::erase_if(events, [&](const journal::Event& event) { return event.model != model; });
  return events;
}

Status CheckSameVolume(const VolumeInfo& info, const std::vector<journal::Event>& events) {
  if (events.empty() || events[0].model == info.primary_model) return Ok();
  return Refused("volume.json: primary_model: is " + info.primary_model.text() + ", the journal says " +
                     (events[0].model ? events[0].model->text() : "nothing"),
                 "Somebody changed volume.json: restore it from a backup.");
}

}  // namespace lotmark::store
