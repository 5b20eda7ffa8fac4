// The result of a golden test classification as a document that is kept with a version (doc/golden.md "Evidence").
//
// It says nothing of when and where it was made, so the same run gives the same bytes and the same digest.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/digest.h"
#include "base/ids.h"
#include "base/result.h"
#include "classify/loaded_model.h"

namespace lotmark::classify {

struct GoldenEvidenceCase {
  // The digests and the difference of outputs are absent together: where the model gave nothing to compare.
  Digest image_sha256 = {};
  std::optional<Digest> pixels_sha256 = {};
  std::optional<Digest> output_sha256 = {};
  std::optional<double> worst_difference = {};
  bool passed = false;

  bool operator==(const GoldenEvidenceCase&) const = default;
};

// Invariant: at least one case; passed when every case did.
struct GoldenEvidence {
  ModelName model;
  Version version;
  Digest manifest_sha256 = {};
  Digest artifact_sha256 = {};
  manifest::Format model_format = manifest::Format::kOnnx;
  runtime::RuntimeFacts runtime = {};
  manifest::GoldenOrigin origin = manifest::GoldenOrigin::kRecorded;
  double tolerance = 0;
  std::vector<GoldenEvidenceCase> cases = {};
  bool passed = false;
};

// kRefused: the manifest has no golden cases for this format, so there is nothing to give evidence of.
Result<GoldenEvidence> MakeGoldenEvidence(const manifest::Manifest& manifest, manifest::Format format,
                                          const GoldenRun& run);

// One spelling: compact JSON in UTF-8, keys in the order of doc/golden.md, a newline at the end.
std::string FormatGoldenEvidence(const GoldenEvidence& evidence);

// kRefused unless `text` is exactly what FormatGoldenEvidence makes of its meaning, with nothing contradictory in it.
Result<GoldenEvidence> ParseGoldenEvidence(std::string_view text);

}  // namespace lotmark::classify
