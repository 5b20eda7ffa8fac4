#include "serve/volume_source.h"

#include "serve/memory.h"
#include "journal/history.h"

namespace lotmark::serve {
namespace {

class VolumeSource final : public ModelSource {
 public:
  VolumeSource(std::unique_ptr<store::Reader> reader, ModelName model, const runtime::Runtime& runtime,
               classify::LoadOptions options)
      : reader_(std::move(reader)), model_(std::move(model)), runtime_(runtime), options_(options) {}

  Result<VersionIdentity> ReadDesired() override {
    LOTMARK_ASSIGN_OR_RETURN(const auto active, reader_->ActiveVersion(model_));
    if (!active) {
      return NotFound("model " + model_.text() + " has no active version",
                      "run `lotmark activate VERSION --reason TEXT`");
    }
    LOTMARK_ASSIGN_OR_RETURN(const store::OpenedVersion opened, reader_->OpenVersion(model_, *active));
    return VersionIdentity{model_, *active, opened.manifest.digest()};
  }

  Result<std::shared_ptr<const classify::LoadedModel>> Load(const VersionIdentity& identity) override {
    LOTMARK_ASSIGN_OR_RETURN(const store::OpenedVersion opened, reader_->OpenVersion(identity.model, identity.version));
    LOTMARK_RETURN_IF_ERROR(CheckRegistered(identity));
    // The folder is open now: what is loaded is of the very manifest that was asked for, and that was registered.
    if (opened.manifest.digest() != identity.manifest_sha256) {
      return Refused(NameOf(identity) + ": the manifest changed while it was being loaded");
    }
    LOTMARK_ASSIGN_OR_RETURN(const MemoryState memory, ReadMemoryState());
    LOTMARK_RETURN_IF_ERROR(CheckMemoryForLoad(ArtifactBytes(opened.manifest), memory));
    return classify::LoadModel(*opened.folder, opened.manifest, runtime_.format(), runtime_, options_);
  }

 private:
  static std::string NameOf(const VersionIdentity& identity) {
    return identity.model.text() + " " + identity.version.text();
  }

  // What the runtime reads; 0 for a format that the manifest lacks, which LoadModel refuses.
  uint64_t ArtifactBytes(const manifest::Manifest& manifest) const {
    const manifest::Artifact* artifact = manifest.artifact(runtime_.format());
    if (artifact == nullptr || !artifact->file) return 0;
    uint64_t bytes = artifact->file->size.value_or(0);
    for (const manifest::FileRef& file : artifact->external_data) bytes += file.size.value_or(0);
    return bytes;
  }

  // The events remember the digest under which the version was registered; a manifest edited since is another one.
  Status CheckRegistered(const VersionIdentity& identity) const {
    LOTMARK_ASSIGN_OR_RETURN(const auto events, reader_->History());
    LOTMARK_ASSIGN_OR_RETURN(const auto history, journal::FoldEvents(events));
    const auto* registered = history.FindRegistered(identity.model, identity.version);
    if (registered == nullptr) return Refused(NameOf(identity) + ": no event says that this version was registered");
    if (registered->manifest_sha256 != identity.manifest_sha256) {
      return Refused(NameOf(identity) + ": the manifest was changed: registered " + registered->manifest_sha256.hex() +
                     ", found " + identity.manifest_sha256.hex());
    }
    return Ok();
  }

  const std::unique_ptr<store::Reader> reader_;
  const ModelName model_;
  const runtime::Runtime& runtime_;
  const classify::LoadOptions options_;
};

}  // namespace

std::unique_ptr<ModelSource> MakeVolumeSource(std::unique_ptr<store::Reader> reader, ModelName model,
                                              const runtime::Runtime& runtime, classify::LoadOptions options) {
  return std::make_unique<VolumeSource>(std::move(reader), std::move(model), runtime, options);
}

}  // namespace lotmark::serve
