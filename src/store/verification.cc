#include "store/verification.h"

#include <algorithm>

#include "base/encoding.h"
#include "fs/file_ops.h"
#include "store/fact_file.h"
#include "store/snapshot.h"
#include "store/verifier.h"

namespace lotmark::store {
namespace {

std::string NameOf(const ModelName& model, const Version& version) { return Join(model.text(), version.text()); }

bool InScope(const VerifyScope& scope, const ModelName& model, const Version& version) {
  return (!scope.model || *scope.model == model) && (!scope.version || *scope.version == version);
}

// The version folders of a volume, held open while their files are hashed.
class VolumeVerification {
 public:
  VolumeVerification(const Reader& reader, const Snapshot& snapshot, const VerifyScope& scope)
      : reader_(reader), snapshot_(snapshot), scope_(scope) {}

  Result<VerifyReport> Run(const ProgressFn& progress) {
    for (const journal::RegisteredVersion& at : snapshot_.history.registered) {
      if (InScope(scope_, at.model, at.version)) AddRegistered(at);
    }
    LOTMARK_RETURN_IF_ERROR(AddUnregistered());
    AddPointerProblems();
    LOTMARK_ASSIGN_OR_RETURN(const std::vector<std::string> facts,
                             VerifyFacts(reader_.root(), snapshot_.events, snapshot_.history));
    for (const std::string& problem : facts) verifier_.AddProblem(problem);
    return verifier_.Finish(progress);
  }

 private:
  void AddRegistered(const journal::RegisteredVersion& at) {
    auto folder = reader_.root().OpenDir(VersionPath(at.model, at.version));
    if (!folder) return AddFolderProblem(at, folder.error());
    folders_.push_back(*std::move(folder));
    const auto manifest = ReadManifest(*folders_.back());
    verifier_.AddVersion(at.model, at.version, at.manifest_sha256, *folders_.back(), manifest ? &*manifest : nullptr);
  }

  void AddFolderProblem(const journal::RegisteredVersion& at, const Error& error) {
    FileReport report{.model = at.model, .version = at.version, .detail = error.text};
    report.state = FileState::kUnreadable;
    if (error.code == ErrorCode::kNotFound) report.state = FileState::kMissing;
    if (error.code == ErrorCode::kRefused) report.state = FileState::kNotAFile;
    verifier_.Add(std::move(report));
  }

  // A manifest that cannot be read here is found out by its digest, unless it is damaged in a way that a digest shows.
  static std::optional<manifest::Manifest> ReadManifest(fs::Dir& folder) {
    const auto bytes = fs::ReadWholeFile(folder, kManifestFile, manifest::Manifest::kMaxBytes);
    if (!bytes) return std::nullopt;
    auto manifest = manifest::Manifest::Parse(std::string(AsText(*bytes)));
    if (!manifest) return std::nullopt;
    return *std::move(manifest);
  }

  Status AddUnregistered() {
    LOTMARK_ASSIGN_OR_RETURN(const std::vector<ModelName> models, reader_.ListModels());
    for (const ModelName& model : models) {
      LOTMARK_ASSIGN_OR_RETURN(const std::vector<Version> versions, reader_.ListVersions(model));
      for (const Version& version : versions) {
        if (!InScope(scope_, model, version) || Explained(model, version)) continue;
        verifier_.Add({.model = model,
                       .version = version,
                       .state = FileState::kUnexpected,
                       .detail = "no event registered this version"});
      }
    }
    return Ok();
  }

  // By an event, or by an `add` that is at work or died: recovery will tell.
  bool Explained(const ModelName& model, const Version& version) const {
    const std::optional<journal::Event>& open = snapshot_.history.open_intent;
    if (open && open->model == model && open->version == version) return true;
    return snapshot_.history.FindRegistered(model, version) != nullptr;
  }

  void AddPointerProblems() {
    for (const auto& [model, pointer] : snapshot_.pointers) {
      const bool in_scope = !scope_.model || *scope_.model == model;
      if (in_scope && !pointer.problem.empty()) verifier_.AddProblem(model.text() + ": " + pointer.problem);
    }
    const ModelName& primary = reader_.info().primary_model;
    if (!snapshot_.history.ActiveByEvents(primary) || snapshot_.history.open_intent) return;
    const auto top = reader_.root().ReadLink(kManifestFile);
    if (top && *top == TopLinkText(primary)) return;
    verifier_.AddProblem(std::string(kManifestFile) + ": is not the link to " + TopLinkText(primary));
  }

  const Reader& reader_;
  const Snapshot& snapshot_;
  const VerifyScope& scope_;
  std::vector<std::unique_ptr<fs::Dir>> folders_;
  Verifier verifier_;
};

Status CheckScope(const Reader& reader, const Snapshot& snapshot, const VerifyScope& scope) {
  if (!scope.model || !scope.version) return Ok();
  if (snapshot.history.FindRegistered(*scope.model, *scope.version) != nullptr) return Ok();
  LOTMARK_ASSIGN_OR_RETURN(const std::vector<Version> on_disk, reader.ListVersions(*scope.model));
  if (std::find(on_disk.begin(), on_disk.end(), *scope.version) != on_disk.end()) return Ok();
  return NotFound("model " + scope.model->text() + " has no version " + scope.version->text(),
                  "`lotmark list` shows the versions.");
}

}  // namespace

std::string_view FileStateName(FileState state) {
  switch (state) {
    case FileState::kOk:
      return "ok";
    case FileState::kMissing:
      return "missing";
    case FileState::kNotAFile:
      return "not a plain file";
    case FileState::kWrongSize:
      return "wrong size";
    case FileState::kWrongDigest:
      return "wrong digest";
    case FileState::kUnexpected:
      return "unexpected";
    case FileState::kUnreadable:
      return "unreadable";
  }
  return "unknown";
}

std::string FileReport::Message() const {
  std::string message = NameOf(model, version) + (path.empty() ? "" : "/" + Printable(path));
  message += ": " + std::string(FileStateName(state));
  return detail.empty() ? message : message + ": " + detail;
}

bool VerifyReport::ok() const {
  return problems.empty() && std::all_of(files.begin(), files.end(), [](const FileReport& file) { return file.ok(); });
}

std::vector<FileReport> VerifyReport::Bad() const {
  std::vector<FileReport> bad;
  std::copy_if(files.begin(), files.end(), std::back_inserter(bad), [](const FileReport& file) { return !file.ok(); });
  return bad;
}

Result<VerifyReport> Verify(const Reader& reader, const VerifyScope& scope, const ProgressFn& progress) {
  LOTMARK_ASSIGN_OR_RETURN(const Snapshot snapshot, TakeSnapshot(reader));
  LOTMARK_RETURN_IF_ERROR(CheckScope(reader, snapshot, scope));
  return VolumeVerification(reader, snapshot, scope).Run(progress);
}

Result<VerifyReport> VerifyVersion(const OpenedVersion& opened, const Digest& registered, const ProgressFn& progress) {
  Verifier verifier;
  verifier.AddVersion(opened.model, opened.version, registered, *opened.folder, &opened.manifest);
  return verifier.Finish(progress);
}

}  // namespace lotmark::store
