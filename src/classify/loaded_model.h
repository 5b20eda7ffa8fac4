// A verified model, ready to classify.
//
// Invariant: the session was made from the very buffer whose SHA-256 is the manifest's; every file was read once,
// hashed while reading, and never opened again. The golden test classification has passed on this session, or the
// manifest has none (golden() says which). Thread safety: never changes once LoadModel has returned it; share it
// between threads.
#pragma once

#include <memory>
#include <string>

#include "base/digest.h"
#include "base/result.h"
#include "classify/golden_report.h"
#include "fs/fs.h"
#include "image/decode.h"
#include "manifest/manifest.h"
#include "runtime/runtime.h"

namespace lotmark::classify {

class DecodeMemory;

struct LoadOptions {
  int intra_op_threads = 1;  // threads inside one classification
  image::DecodeLimits decode_limits = {};
  DecodeMemory* decode_memory = nullptr;  // shared by the golden run with whatever else decodes; nullptr = no limit
  uint64_t max_artifact_bytes = uint64_t{4} << 30;  // of one file
};

class LoadedModel {
 public:
  // REQUIRES: `manifest` lists `format` with its file's digest and its preprocessing (MissingForServing is empty).
  LoadedModel(manifest::Manifest manifest, manifest::Format format, std::unique_ptr<runtime::Session> session,
              const image::DecodeLimits& decode_limits);

  // Before the model is shared.
  void set_golden(GoldenReport report) { golden_ = std::move(report); }

  const manifest::Manifest& manifest() const { return manifest_; }
  manifest::Format format() const { return format_; }
  const runtime::Session& session() const { return *session_; }
  const image::DecodeLimits& decode_limits() const { return decode_limits_; }
  const GoldenReport& golden() const { return golden_; }

  // Facts for the row of each classification.
  const manifest::Preprocessing& preprocessing() const { return *manifest_.artifact(format_)->preprocessing; }
  const Digest& preprocessing_sha256() const { return preprocessing_sha256_; }
  const Digest& artifact_sha256() const { return *manifest_.artifact(format_)->file->sha256; }
  const std::string& runtime_options() const { return runtime_options_; }  // a JSON object, keys in order
  const std::string& cpu_features() const { return cpu_features_; }

 private:
  manifest::Manifest manifest_;
  manifest::Format format_;
  std::unique_ptr<runtime::Session> session_;
  image::DecodeLimits decode_limits_;
  Digest preprocessing_sha256_;
  std::string runtime_options_;
  std::string cpu_features_;
  GoldenReport golden_;
};

// Slow: reads and hashes the artifact, creates the session, runs the golden cases. Memory: the artifact's size while
// loading, beside what the library needs; freed before return (giving it back to the system is the caller's decision).
//
// kRefused: the manifest lacks what serving needs; a file's size or digest differs (named, with both values); the bytes
// are not a model or not the manifest's; a golden case fails. kNotFound: a file is missing. kTooLarge: over the limit.
Result<std::shared_ptr<const LoadedModel>> LoadModel(fs::Dir& version_folder, const manifest::Manifest& manifest,
                                                     manifest::Format format, const runtime::Runtime& runtime,
                                                     const LoadOptions& options = {});

// The golden test classification alone, for looking at it: a model as LoadModel makes it and drops again.
struct GoldenRun {
  GoldenReport report;  // may have failed
  Digest artifact_sha256;
  runtime::RuntimeFacts runtime;
};

// Errors as LoadModel, but for golden cases that fail: they stand in the report.
Result<GoldenRun> LoadAndRunGolden(fs::Dir& version_folder, const manifest::Manifest& manifest, manifest::Format format,
                                   const runtime::Runtime& runtime, const LoadOptions& options = {});

}  // namespace lotmark::classify
