// Verification: every file of a version is read again and compared with what was registered.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/ids.h"
#include "base/result.h"
#include "journal/history.h"
#include "store/progress.h"
#include "store/reader.h"

namespace lotmark::store {

enum class FileState {
  kOk,
  kMissing,      // the manifest names it and it is not there
  kNotAFile,     // a link, a folder or a device lies in its place
  kWrongSize,    // the size differs
  kWrongDigest,  // the bytes differ
  kUnexpected,   // it is there and nothing names it
  kUnreadable,   // the disk failed, or the manifest cannot be understood
};
std::string_view FileStateName(FileState state);

struct FileReport {
  ModelName model;
  Version version;
  std::string path = {};  // beneath the version's folder; "" = the folder itself
  FileState state = FileState::kOk;
  std::string detail = {};  // "" when OK; else for people: "expected …, found …"
  uint64_t size = 0;        // bytes on disk

  bool ok() const { return state == FileState::kOk; }
  // "lesion_cnn/2024-v1/model.onnx: digest differs: expected …, found …"
  std::string Message() const;
};

struct VerifyReport {
  std::vector<FileReport> files;      // by model, version, path
  std::vector<std::string> problems;  // of the pointers of the models in scope and of the files of facts, for people

  bool ok() const;  // all files and all pointers
  std::vector<FileReport> Bad() const;
};

// Which versions to verify: all, those of one model, or one version.
struct VerifyScope {
  std::optional<ModelName> model;
  std::optional<Version> version;  // REQUIRES: model, when given
};

// Reads all files in scope, several at once. The result is an error only when the volume itself cannot be read
// (kRefused: the event log is damaged; kNotFound: no such model or version; kRefused "interrupted"); bad files are in
// the report. Versions are those that the events registered, plus folders that no event explains.
Result<VerifyReport> Verify(const Reader& reader, const VerifyScope& scope, const ProgressFn& progress = {});

// All files of one open version against its manifest, and the manifest against `registered`.
Result<VerifyReport> VerifyVersion(const OpenedVersion& opened, const Digest& registered, const ProgressFn& progress);

}  // namespace lotmark::store
