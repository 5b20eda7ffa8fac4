// Compares one golden case with what the model gave, and guesses why they differ. Pure functions.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/digest.h"
#include "classify/golden_report.h"

namespace lotmark::classify {

struct GoldenExpectation {
  std::vector<double> probabilities;  // one per class
  std::optional<Digest> pixels_sha256;
  double tolerance = 0;
};

// What a run on the case's image gave.
struct GoldenObservation {
  std::vector<float> probabilities;  // as many as expected
  Digest pixels_sha256;
  Digest output_sha256;  // of probabilities and embedding
};

// Fills worst_difference and failure. A failure names the class, both values and the likely cause: other pixels point
// to preprocessing, the same values in another order to the labels, the rest to normalisation or weights.
GoldenCaseResult CheckGoldenCase(const std::string& image, const GoldenExpectation& expected,
                                 const GoldenObservation& observed, const std::vector<std::string>& classes);

// A model that gives every image the same output has come loose from its input, even where each value is near enough
// (measured: an old TFLite library runs some INT8 models without an error and returns a constant). True when there are
// different pixels and all outputs are equal to the last bit.
bool IsConstant(const std::vector<GoldenObservation>& observations);

}  // namespace lotmark::classify
