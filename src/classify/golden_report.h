// What the golden test classification of a loaded model showed.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "manifest/golden.h"

namespace lotmark::classify {

struct GoldenCaseResult {
  std::string image;            // path beneath the version's folder
  double worst_difference = 0;  // largest |probability - expected|
  std::string failure;          // what is wrong and the likely cause; empty = the case agrees
};

struct GoldenReport {
  std::optional<manifest::GoldenOrigin> origin;  // nothing: the manifest has no golden cases for this format
  double tolerance = 0;
  std::vector<GoldenCaseResult> cases;
  std::chrono::microseconds duration{0};

  double worst_difference() const;
  bool passed() const;  // also true without cases: what a policy requires is not decided here
  // "6 golden cases (origin training) agree, worst difference 3.1e-07, tolerance 0.0001", or "no golden cases".
  std::string Summary() const;
};

// kRefused with the failures of the first cases, when the report did not pass.
Status GoldenVerdict(const GoldenReport& report);

}  // namespace lotmark::classify
