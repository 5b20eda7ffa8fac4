// The work behind verification: version folders are added one by one, then all their files are hashed at once.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "fs/file_ops.h"
#include "fs/fs.h"
#include "manifest/manifest.h"
#include "store/parallel_hash.h"
#include "store/verification.h"

namespace lotmark::store {

class Verifier {
 public:
  // Looks at every entry of `folder`; the files of `manifest` (which may be nullptr: unreadable) and the manifest
  // itself are to be hashed. `folder` must outlive Finish.
  void AddVersion(const ModelName& model, const Version& version, const Digest& registered, fs::Dir& folder,
                  const manifest::Manifest* manifest);

  // One finding that needs no hashing.
  void Add(FileReport report) { report_.files.push_back(std::move(report)); }
  void AddProblem(std::string problem) { report_.problems.push_back(std::move(problem)); }

  // Hashes and judges. kRefused: interrupted. REQUIRES: called once, last.
  Result<VerifyReport> Finish(const ProgressFn& progress);

 private:
  void AddFile(FileReport report, fs::Dir& folder, const manifest::FileRef& ref);
  void AddUnexpected(const FileReport& blank, fs::Dir& folder, const std::vector<manifest::FileRef>& expected);

  VerifyReport report_;
  // Parallel to each other: what to hash, what is expected, and where in report_.files the answer goes.
  std::vector<HashJob> jobs_;
  std::vector<manifest::FileRef> expected_;
  std::vector<size_t> slots_;
};

}  // namespace lotmark::store
