#include "classify/golden_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/encoding.h"

namespace lotmark::classify {
namespace {

double Difference(const std::vector<double>& expected, const std::vector<float>& got, size_t i) {
  return std::abs(expected[i] - static_cast<double>(got[i]));
}

size_t WorstClass(const std::vector<double>& expected, const std::vector<float>& got) {
  size_t worst = 0;
  for (size_t i = 1; i < expected.size(); ++i) {
    if (Difference(expected, got, i) > Difference(expected, got, worst)) worst = i;
  }
  return worst;
}

bool SameValuesInAnotherOrder(std::vector<double> expected, std::vector<float> got, double tolerance) {
  std::sort(expected.begin(), expected.end());
  std::sort(got.begin(), got.end());
  for (size_t i = 0; i < expected.size(); ++i) {
    if (Difference(expected, got, i) > tolerance) return false;
  }
  return true;
}

template <typename Values>
size_t TopOf(const Values& values) {
  return static_cast<size_t>(std::max_element(values.begin(), values.end()) - values.begin());
}

std::string LikelyCause(const GoldenExpectation& expected, const std::vector<float>& got) {
  if (SameValuesInAnotherOrder(expected.probabilities, got, expected.tolerance)) {
    return "the same values in another order: probably the labels of `classes` are not in the order of the model's "
           "outputs";
  }
  const std::string_view pixels = expected.pixels_sha256 ? "the pixels are right, so probably " : "probably ";
  if (TopOf(expected.probabilities) == TopOf(got)) {
    return fmt::format("{}other normalisation (divisor, mean, std) or other weights", pixels);
  }
  return fmt::format("{}other normalisation (divisor, mean, std), other layout or other weights", pixels);
}

}  // namespace

GoldenCaseResult CheckGoldenCase(const std::string& image, const GoldenExpectation& expected,
                                 const GoldenObservation& observed, const std::vector<std::string>& classes) {
  GoldenCaseResult result{image, 0, ""};
  const size_t worst = WorstClass(expected.probabilities, observed.probabilities);
  result.worst_difference = Difference(expected.probabilities, observed.probabilities, worst);
  const std::string values =
      fmt::format("class {}: expected {:.6g}, got {:.6g}, tolerance {:g}", Printable(classes[worst], 64),
                  expected.probabilities[worst], observed.probabilities[worst], expected.tolerance);
  if (expected.pixels_sha256 && *expected.pixels_sha256 != observed.pixels_sha256) {
    result.failure = fmt::format(
        "pixels after crop and resize: expected sha256 {}, got {}: probably other preprocessing (decoder, EXIF, crop, "
        "size, filter, colour order); {}",
        expected.pixels_sha256->hex(), observed.pixels_sha256.hex(), values);
    // The negation also catches a difference that is not a number.
  } else if (!(result.worst_difference <= expected.tolerance)) {
    result.failure = fmt::format("{}: {}", values, LikelyCause(expected, observed.probabilities));
  }
  return result;
}

bool IsConstant(const std::vector<GoldenObservation>& observations) {
  if (observations.empty()) return false;
  const GoldenObservation& first = observations.front();
  bool pixels_differ = false;
  for (const auto& other : observations) {
    if (other.output_sha256 != first.output_sha256) return false;
    pixels_differ = pixels_differ || other.pixels_sha256 != first.pixels_sha256;
  }
  return pixels_differ;
}

}  // namespace lotmark::classify
