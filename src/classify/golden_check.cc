#include "classify/golden_check.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

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

bool SameValuesInSomeOrder(GoldenExpectation expected, std::vector<float> got) {
  std::sort(expected.probabilities.begin(), expected.probabilities.end());
  std::sort(got.begin(), got.end());
  return ProbabilitiesAgree(expected, got);
}

// What labels and outputs can belong together by the values of all cases.
class LabelsAndOutputs {
 public:
  LabelsAndOutputs(const std::vector<GoldenExpectation>& expected, const std::vector<GoldenObservation>& observed)
      : expected_(expected), observed_(observed) {}

  // The only label of which, in every case, the output's values are expected; nothing where there is none or several.
  std::optional<size_t> LabelOf(size_t output) const {
    std::optional<size_t> only;
    for (size_t label = 0; label < expected_.front().probabilities.size(); ++label) {
      if (!BelongTogether(label, output)) continue;
      if (only) return std::nullopt;
      only = label;
    }
    return only;
  }

 private:
  bool BelongTogether(size_t label, size_t output) const {
    for (size_t i = 0; i < expected_.size(); ++i) {
      const double difference =
          expected_[i].probabilities[label] - static_cast<double>(observed_[i].probabilities[output]);
      if (!(std::abs(difference) <= expected_[i].tolerance)) return false;
    }
    return true;
  }

  const std::vector<GoldenExpectation>& expected_;
  const std::vector<GoldenObservation>& observed_;
};

}  // namespace

bool ProbabilitiesAgree(const GoldenExpectation& expected, const std::vector<float>& probabilities) {
  for (size_t i = 0; i < probabilities.size(); ++i) {
    if (!(Difference(expected.probabilities, probabilities, i) <= expected.tolerance)) return false;
  }
  return true;
}

GoldenComparison CompareGolden(const GoldenExpectation& expected, const GoldenObservation& observed,
                               const std::vector<std::string>& classes) {
  const size_t worst = WorstClass(expected.probabilities, observed.probabilities);
  const std::string values =
      fmt::format("class {}: expected {:.6g}, got {:.6g}, tolerance {:g}", Printable(classes[worst], 64),
                  expected.probabilities[worst], observed.probabilities[worst], expected.tolerance);
  GoldenComparison comparison{Difference(expected.probabilities, observed.probabilities, worst), ""};
  if (expected.pixels_sha256 && *expected.pixels_sha256 != observed.pixels_sha256) {
    comparison.failure = fmt::format("pixels after crop and resize: expected sha256 {}, got {}; {}",
                                     expected.pixels_sha256->hex(), observed.pixels_sha256.hex(), values);
  } else if (!ProbabilitiesAgree(expected, observed.probabilities)) {
    comparison.failure = values;
  }
  return comparison;
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

std::string LabelOrderCause(const std::vector<GoldenExpectation>& expected,
                            const std::vector<GoldenObservation>& observed, const std::vector<std::string>& classes) {
  constexpr size_t kMostClasses = 1000;  // beyond, comparing each label with each output takes long
  constexpr size_t kShown = 3;
  if (expected.empty() || classes.size() > kMostClasses) return "";
  for (size_t i = 0; i < expected.size(); ++i) {
    if (!SameValuesInSomeOrder(expected[i], observed[i].probabilities)) return "";
  }
  const LabelsAndOutputs pairs(expected, observed);
  std::vector<std::string> moved;
  for (size_t output = 0; output < classes.size(); ++output) {
    const auto label = pairs.LabelOf(output);
    if (!label || *label == output) continue;
    moved.push_back(fmt::format("output {}, called '{}', gives what is expected of '{}'", output,
                                Printable(classes[output], 64), Printable(classes[*label], 64)));
  }
  if (moved.empty()) return "";
  const size_t more = moved.size() > kShown ? moved.size() - kShown : 0;
  moved.resize(moved.size() - more);
  return fmt::format("the labels of `classes` are not in the order of the model's outputs ({}{})",
                     fmt::join(moved, ", "), more > 0 ? fmt::format(", and {} more", more) : "");
}

}  // namespace lotmark::classify
