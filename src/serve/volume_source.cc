#include "serve/volume_source.h"

#include <mutex>

#include "manifest/load_size.h"
#include "serve/memory.h"
#include "serve/standing.h"

namespace lotmark::serve {
namespace {

// How often a look is had again because the pointer moved during it.
constexpr int kTries = 10;

class VolumeSource final : public ModelSource {
 public:
  VolumeSource(std::unique_ptr<store::Reader> reader, ModelName model, const runtime::Runtime& runtime,
               classify::LoadOptions options)
      : reader_(std::move(reader)), model_(std::move(model)), runtime_(runtime), options_(options) {}

  Result<VersionIdentity> ReadDesired() override {
    LOTMARK_ASSIGN_OR_RETURN(const std::optional<Version> named, Look());
    if (!named) return NothingNamed();
    LOTMARK_ASSIGN_OR_RETURN(const store::OpenedVersion opened, reader_->OpenVersion(model_, *named));
    VersionIdentity identity{model_, *named, opened.manifest.digest()};
    LOTMARK_RETURN_IF_ERROR(Authorise(standing(), identity));
    return identity;
  }

  std::optional<Withdrawal> Withdrawn(const VersionIdentity& version) const override {
    return WithdrawalOf(standing(), version);
  }

  Status CheckMemory(const VersionIdentity& identity) override {
    LOTMARK_ASSIGN_OR_RETURN(const store::OpenedVersion opened, reader_->OpenVersion(identity.model, identity.version));
    return CheckMemoryFor(opened.manifest);
  }

  Result<std::shared_ptr<const classify::LoadedModel>> Load(const VersionIdentity& identity) override {
    LOTMARK_RETURN_IF_ERROR(Authorise(standing(), identity));
    LOTMARK_ASSIGN_OR_RETURN(const store::OpenedVersion opened, reader_->OpenVersion(identity.model, identity.version));
    // The folder is open now: what is loaded is of the very manifest that was asked for, and that was registered.
    if (opened.manifest.digest() != identity.manifest_sha256) {
      return Refused(NameOf(identity) + ": the manifest changed while it was being loaded");
    }
    LOTMARK_RETURN_IF_ERROR(CheckMemoryFor(opened.manifest));
    return classify::LoadModel(*opened.folder, opened.manifest, runtime_.format(), runtime_, options_);
  }

 private:
  static std::string NameOf(const VersionIdentity& identity) {
    return identity.model.text() + " " + identity.version.text();
  }

  // The pointer and the events as they were at one moment: a pointer that is the same before and after the events were
  // read. An activation writes its intent before it moves the pointer, so no move is seen without its event.
  Result<std::optional<Version>> Look() {
    for (int tries_left = kTries;; --tries_left) {
      const auto before = reader_->ActiveVersion(model_);
      if (Status read = ReadHistory(); !read) return Prefixed("the journal cannot be read", std::move(read).error());
      auto pointer = reader_->ActiveVersion(model_);
      const bool moved = before && pointer && *before != *pointer;
      if (moved && tries_left > 0) continue;
      TakeStanding(pointer);
      return pointer;
    }
  }

  Status ReadHistory() {
    LOTMARK_ASSIGN_OR_RETURN(const tlog::TreeHead head, reader_->JournalHead());
    if (history_ && head == head_) return Ok();
    LOTMARK_ASSIGN_OR_RETURN(const auto events, reader_->History());
    LOTMARK_ASSIGN_OR_RETURN(history_, journal::FoldEvents(events));
    head_ = head;
    return Ok();
  }

  void TakeStanding(const Result<std::optional<Version>>& pointer) {
    Standing next = StandingOf(
        *history_, model_,
        pointer ? store::PointerReading{*pointer, ""} : store::PointerReading{std::nullopt, pointer.error().text});
    const std::lock_guard lock(mutex_);
    standing_ = std::move(next);
  }

  Error NothingNamed() const {
    const Standing known = standing();
    const char* const hint = "run `lotmark activate VERSION --reason TEXT`";
    if (known.stopped) return NotFound("model " + model_.text() + " was stopped: no version may serve", hint);
    if (!known.active) return NotFound("model " + model_.text() + " has no active version", hint);
    return Refused("the pointer of model " + model_.text() + " is missing: the events make " +
                       known.active->version.text() + " the active version",
                   "run `lotmark status`");
  }

  Status CheckMemoryFor(const manifest::Manifest& manifest) const {
    LOTMARK_ASSIGN_OR_RETURN(const MemoryState memory, ReadMemoryState());
    return CheckMemoryForLoad(manifest::LoadSize(manifest, runtime_.format()), memory);
  }

  Standing standing() const {
    const std::lock_guard lock(mutex_);
    return standing_;
  }

  const std::unique_ptr<store::Reader> reader_;
  const ModelName model_;
  const runtime::Runtime& runtime_;
  const classify::LoadOptions options_;

  // Used by ReadDesired alone.
  std::optional<journal::VolumeHistory> history_;
  tlog::TreeHead head_;  // of history_, or older: then it is read once more

  mutable std::mutex mutex_;
  Standing standing_;  // as last learnt; guarded by mutex_
};

}  // namespace

std::unique_ptr<ModelSource> MakeVolumeSource(std::unique_ptr<store::Reader> reader, ModelName model,
                                              const runtime::Runtime& runtime, classify::LoadOptions options) {
  return std::make_unique<VolumeSource>(std::move(reader), std::move(model), runtime, options);
}

}  // namespace lotmark::serve
