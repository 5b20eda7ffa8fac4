// What the golden test classification of a loaded model showed.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "base/digest.h"
#include "base/result.h"
#include "manifest/golden.h"

namespace lotmark::classify {

struct GoldenCaseResult {
  std::string image;            // path beneath the version's folder
  double worst_difference = 0;  // largest |probability - expected|; 0 where the model gave nothing to compare
  std::string failure = {};     // what is wrong; empty = the case agrees
  std::string top_class = {};   // what the model says; empty like the two digests where it gave nothing to compare
  std::optional<Digest> image_sha256 = {};  // as the manifest states it
  std::optional<Digest> pixels_sha256 = {};
  std::optional<Digest> output_sha256 = {};  // of probabilities and embedding
};

struct GoldenReport {
  std::optional<manifest::GoldenOrigin> origin;  // nothing: the manifest has no golden cases for this format
  double tolerance = 0;
  std::vector<GoldenCaseResult> cases;
  std::chrono::microseconds duration{0};
  std::string likely_cause = {};  // of the failures, from all cases together; empty = none, or none is known

  double worst_difference() const;
  size_t failed() const;                         // how many cases
  bool passed() const { return failed() == 0; }  // also true without cases: what a policy requires is not decided here
  // "6 golden cases (origin training): agree, worst difference 3.1e-07, tolerance 0.0001", or "no golden cases".
  std::string Summary() const;
};

// kRefused with the likely cause and the failures of the first cases, when the report did not pass.
Status GoldenVerdict(const GoldenReport& report);

}  // namespace lotmark::classify
