// Compares one golden case with what the model gave, and finds in all of them together why they differ. Pure functions.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/digest.h"

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

struct GoldenComparison {
  double worst_difference = 0;  // largest |probability - expected|
  std::string failure;          // names the class and both values, or both digests of pixels; empty = it agrees
};

GoldenComparison CompareGolden(const GoldenExpectation& expected, const GoldenObservation& observed,
                               const std::vector<std::string>& classes);

// Every probability lies within the tolerance; what is not a number does not.
bool ProbabilitiesAgree(const GoldenExpectation& expected, const std::vector<float>& probabilities);

// A model that gives every image the same output has come loose from its input, even where each value is near enough
// (measured: an old TFLite library runs some INT8 models without an error and returns a constant). True when there are
// different pixels and all outputs are equal to the last bit.
bool IsConstant(const std::vector<GoldenObservation>& observations);

// "" unless every case has the expected values, and the same other order explains all of them; else which outputs do
// not give what their label should. `expected` and `observed` are of the same cases.
std::string LabelOrderCause(const std::vector<GoldenExpectation>& expected,
                            const std::vector<GoldenObservation>& observed, const std::vector<std::string>& classes);

}  // namespace lotmark::classify
