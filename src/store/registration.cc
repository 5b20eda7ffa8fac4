#include "store/registration.h"

#include "fs/file_ops.h"
#include "store/decision.h"
#include "store/layout.h"
#include "store/staging.h"
#include "store/version_folder.h"

namespace lotmark::store {
namespace {

using manifest::Manifest;

std::string Listed(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

Status CheckComplete(const Manifest& manifest) {
  const std::vector<std::string> missing = manifest.MissingForAdd();
  if (missing.empty()) return Ok();
  return Refused(
      "the manifest is incomplete: missing " + Listed(missing),
      "`lotmark manifest complete FILE` fills in digests and sizes; do it before anyone signs the manifest.");
}

Result<RegisterOutcome> Decide(const LockedVolume& volume, const Manifest& manifest) {
  return DecideRegistration(volume.history(), volume.place().info.primary_model, manifest.model_name(),
                            manifest.version(), manifest.digest());
}

// A folder that no event registered must not come between the intent and its rename.
Status CheckNameIsFree(fs::Dir& root, const std::string& path) {
  const auto found = root.Stat(path);
  if (!found && found.error().code == ErrorCode::kNotFound) return Ok();
  if (!found) return found.error();
  return Refused(Join(root.DisplayPath(), path) + ": is in the way: no event registered it",
                 "Something other than lotmark put it there: move it away.");
}

// From the intent to the done event. Where the outcome is not known the intent stays open for the next command's
// recovery.
Status GiveName(LockedVolume& volume, Staging& staging, const Manifest& manifest) {
  const std::string path = VersionPath(manifest.model_name(), manifest.version());
  LOTMARK_RETURN_IF_ERROR(fs::MakeDirs(volume.root(), VersionsPath(manifest.model_name())));
  LOTMARK_RETURN_IF_ERROR(CheckNameIsFree(volume.root(), path));
  journal::Event event =
      MakeEvent(journal::EventKind::kRegistering, manifest.model_name(), manifest.version(), manifest.digest());
  LOTMARK_RETURN_IF_ERROR(volume.Record(event));

  if (Status renamed = volume.root().RenameNoReplace(staging.path(), path); !renamed) {
    // A rename may report an error and yet have happened: the disk knows.
    if (volume.root().Stat(staging.path())) return volume.Abandon(event, std::move(renamed).error());
    staging.RenamedAway();
    return Unconfirmed("it is not known whether the version got its name", renamed.error());
  }
  staging.RenamedAway();
  event.kind = journal::EventKind::kRegistered;
  Status confirmed = SettleVersion(volume.root(), manifest.model_name(), manifest.version());
  if (confirmed) {
    if (auto recorded = volume.Record(event); !recorded) confirmed = std::move(recorded).error();
  }
  return confirmed ? Ok() : Unconfirmed("the version has its name", confirmed.error());
}

}  // namespace

Result<Registration> RegisterVersion(const Workplace& place, fs::Dir& source, const Manifest& manifest,
                                     const ProgressFn& progress) {
  LOTMARK_RETURN_IF_ERROR(CheckComplete(manifest));
  Registration done{RegisterOutcome::kAlreadyRegistered, manifest.model_name(), manifest.version(), manifest.digest()};
  std::optional<Staging> staging;
  {
    LOTMARK_ASSIGN_OR_RETURN(const LockedVolume volume, LockedVolume::Take(place));
    LOTMARK_ASSIGN_OR_RETURN(const RegisterOutcome outcome, Decide(volume, manifest));
    if (outcome == RegisterOutcome::kAlreadyRegistered) return done;
    LOTMARK_ASSIGN_OR_RETURN(auto made, Staging::Create(place.root));
    staging.emplace(std::move(made));
  }
  LOTMARK_RETURN_IF_ERROR(CopyVersion(source, manifest, staging->folder(), progress));

  LOTMARK_ASSIGN_OR_RETURN(LockedVolume volume, LockedVolume::Take(place));
  // Another `add` may have won while this one was copying.
  LOTMARK_ASSIGN_OR_RETURN(done.outcome, Decide(volume, manifest));
  if (done.outcome == RegisterOutcome::kRegistered) LOTMARK_RETURN_IF_ERROR(GiveName(volume, *staging, manifest));
  return done;
}

}  // namespace lotmark::store
