#include "store/verifier.h"

#include <algorithm>
#include <set>
#include <tuple>

#include "store/expected_file.h"
#include "store/layout.h"
#include "store/version_folder.h"

namespace lotmark::store {
namespace {

using manifest::FileRef;

// The manifest's own bytes are vouched for by the event that registered it.
std::vector<FileRef> ExpectedFiles(const manifest::Manifest* manifest, const Digest& registered) {
  std::vector<FileRef> expected;
  if (manifest != nullptr) expected = manifest->Files();
  FileRef self;
  self.path = kManifestFile;
  self.sha256 = registered;
  self.field = "the event that registered the version";
  expected.push_back(self);
  return expected;
}

FileReport Found(FileReport blank, FileState state, std::string detail) {
  blank.state = state;
  blank.detail = std::move(detail);
  return blank;
}

void Judge(FileReport& report, const FileRef& ref, const Result<fs::HashedFile>& hashed) {
  if (!hashed) {
    report = Found(std::move(report), FileState::kUnreadable, hashed.error().text);
    return;
  }
  report.size = hashed->size;
  report.detail = Difference(ref, *hashed);
  if (report.detail.empty()) return;
  report.state = SizeDifference(ref, hashed->size).empty() ? FileState::kWrongDigest : FileState::kWrongSize;
}

}  // namespace

void Verifier::AddVersion(const ModelName& model, const Version& version, const Digest& registered, fs::Dir& folder,
                          const manifest::Manifest* manifest) {
  FileReport blank{.model = model, .version = version};
  const std::vector<FileRef> expected = ExpectedFiles(manifest, registered);
  for (const FileRef& ref : expected) {
    blank.path = ref.path;
    AddFile(blank, folder, ref);
  }
  // Which files belong to the version is not known without its manifest.
  if (manifest != nullptr) AddUnexpected(blank, folder, expected);
}

void Verifier::AddFile(FileReport report, fs::Dir& folder, const FileRef& ref) {
  const auto info = folder.Stat(ref.path);
  if (!info && info.error().code == ErrorCode::kNotFound) {
    return Add(Found(std::move(report), FileState::kMissing, ref.field + " names it"));
  }
  if (!info) return Add(Found(std::move(report), FileState::kUnreadable, info.error().text));
  report.size = info->size;
  if (info->kind != fs::EntryKind::kFile) {
    return Add(Found(std::move(report), FileState::kNotAFile, "it is " + std::string(fs::KindName(info->kind))));
  }
  if (std::string wrong = SizeDifference(ref, info->size); !wrong.empty()) {
    return Add(Found(std::move(report), FileState::kWrongSize, std::move(wrong)));
  }
  jobs_.push_back({&folder, ref.path, info->size});
  expected_.push_back(ref);
  slots_.push_back(report_.files.size());
  Add(std::move(report));
}

void Verifier::AddUnexpected(const FileReport& blank, fs::Dir& folder, const std::vector<FileRef>& expected) {
  std::set<std::string> paths;
  for (const FileRef& ref : expected) paths.insert(ref.path);
  FileReport report = blank;
  report.path.clear();
  const auto found = ListUnexpected(folder, paths);
  if (!found) return Add(Found(std::move(report), FileState::kUnreadable, found.error().text));
  for (const std::string& path : *found) {
    report.path = path;
    Add(Found(report, FileState::kUnexpected, "the manifest does not name it"));
  }
}

Result<VerifyReport> Verifier::Finish(const ProgressFn& progress) {
  LOTMARK_ASSIGN_OR_RETURN(const auto hashed, HashAll(jobs_, progress));
  for (size_t i = 0; i < jobs_.size(); ++i) Judge(report_.files[slots_[i]], expected_[i], hashed[i]);
  std::sort(report_.files.begin(), report_.files.end(), [](const FileReport& a, const FileReport& b) {
    return std::tie(a.model, a.version, a.path) < std::tie(b.model, b.version, b.path);
  });
  return std::move(report_);
}

}  // namespace lotmark::store
