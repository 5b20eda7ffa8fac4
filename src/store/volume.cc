#include "store/volume.h"

#include "store/activation.h"
#include "store/decision.h"
#include "store/locked_volume.h"
#include "store/registration.h"

namespace lotmark::store {

Result<std::unique_ptr<Volume>> Volume::Open(std::unique_ptr<fs::Dir> root, VolumeOptions options) {
  LOTMARK_ASSIGN_OR_RETURN(auto reader, Reader::Open(std::move(root), {.memory = options.memory}));
  LOTMARK_ASSIGN_OR_RETURN(tlog::PrivateKey key, options.journal_key(reader->info().volume_id));
  if (!(key.public_key() == reader->info().journal_key.key())) {
    return Refused("the journal key is not the one that signs the journal of " + reader->DisplayPath(),
                   "volume.json says which one does, as `journal_key`.");
  }
  return std::unique_ptr<Volume>(new Volume(std::move(reader), std::move(options), std::move(key)));
}

Workplace Volume::Place() {
  return {reader_->root(),   reader_->journal(), reader_->info(), options_.clock, options_.actor, key_,
          options_.lock_wait};
}

Result<Registration> Volume::Register(fs::Dir& source, std::string manifest_bytes, const ProgressFn& progress) {
  LOTMARK_ASSIGN_OR_RETURN(const auto manifest, manifest::Manifest::Parse(std::move(manifest_bytes)));
  return RegisterVersion(Place(), source, manifest, progress);
}

Result<PointerMove> Volume::Activate(const ModelName& model, const Version& version, const std::string& reason,
                                     const ActivationCheck& check, const ActivationPermit& permit,
                                     const ProgressFn& progress) {
  const MoveChoice choose = [&](const journal::VolumeHistory& history, const std::optional<Version>& pointer) {
    return DecideActivation(history, pointer, model, version);
  };
  return MoveActive(Place(), *reader_, {model, reason, choose, check, permit, progress});
}

Result<PointerMove> Volume::Rollback(const ModelName& model, const std::optional<Version>& to,
                                     const std::string& reason, const ActivationCheck& check,
                                     const ProgressFn& progress) {
  const MoveChoice choose = [&](const journal::VolumeHistory& history, const std::optional<Version>& pointer) {
    return DecideRollback(history, pointer, model, to);
  };
  return MoveActive(Place(), *reader_, {model, reason, choose, check, /*permit=*/{}, progress});
}

Status Volume::Recover() {
  LOTMARK_ASSIGN_OR_RETURN(const LockedVolume volume, LockedVolume::Take(Place()));
  (void)volume;
  return Ok();
}

Status Volume::AcceptRestored(const std::string& reason) {
  LOTMARK_RETURN_IF_ERROR(CheckReason(reason));
  reader_->journal().AcceptRestored();
  LOTMARK_ASSIGN_OR_RETURN(LockedVolume volume, LockedVolume::Take(Place()));
  journal::Event event;
  event.kind = journal::EventKind::kRestoredAccepted;
  event.reason = reason;
  LOTMARK_RETURN_IF_ERROR(volume.Record(std::move(event)));
  return Ok();
}

}  // namespace lotmark::store
