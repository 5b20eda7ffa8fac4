#include "serve/volume_source.h"

#include "store/history.h"

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
    LOTMARK_RETURN_IF_ERROR(CheckRegistered(identity, opened.manifest.digest()));
    return classify::LoadModel(*opened.folder, opened.manifest, runtime_.format(), runtime_, options_);
  }

 private:
  // The events remember the digest under which the version was registered; a manifest edited since is another one.
  Status CheckRegistered(const VersionIdentity& identity, const Digest& found) const {
    LOTMARK_ASSIGN_OR_RETURN(const auto events, reader_->History());
    LOTMARK_ASSIGN_OR_RETURN(const auto history, store::FoldEvents(events));
    const std::string name = identity.model.text() + " " + identity.version.text();
    const auto* registered = history.FindRegistered(identity.model, identity.version);
    if (registered == nullptr) return Refused(name + ": no event says that this version was registered");
    if (registered->manifest_sha256 != found) {
      return Refused(name + ": the manifest was changed: registered " + registered->manifest_sha256.hex() + ", found " +
                     found.hex());
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
