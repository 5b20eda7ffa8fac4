#include "classify/golden.h"

#include <algorithm>

#include "classify/golden_trials.h"
#include "classify/verified_file.h"

namespace lotmark::classify {
namespace {

using manifest::GoldenCase;

Result<GoldenObservation> Observe(const LoadedModel& model, fs::Dir& folder, DecodeMemory* memory,
                                  const GoldenCase& golden) {
  LOTMARK_ASSIGN_OR_RETURN(const Bytes image, ReadVerified(folder, golden.image, model.decode_limits().max_bytes));
  LOTMARK_ASSIGN_OR_RETURN(Prediction prediction, Classify(model, image, {.memory = memory}));
  return ObservationOf(std::move(prediction));
}

bool MachinesFault(const Error& error) {
  return error.code == ErrorCode::kMachine || error.code == ErrorCode::kNoSpace || error.code == ErrorCode::kBusy;
}

class Run {
 public:
  Run(const LoadedModel& model, fs::Dir& folder, DecodeMemory* memory)
      : model_(model), folder_(folder), memory_(memory) {}

  Status Case(const GoldenCase& golden) {
    GoldenCaseResult result{.image = golden.image.path, .image_sha256 = golden.image.sha256};
    auto observed = Observe(model_, folder_, memory_, golden);
    if (!observed) {
      if (MachinesFault(observed.error())) return Prefixed(golden.image.path, std::move(observed).error());
      models_fault_ = models_fault_ || observed.error().code == ErrorCode::kModelFault;
      result.failure = observed.error().text;
      results_.push_back(std::move(result));
      return Ok();
    }
    GoldenExpectation expected = ExpectationOf(golden);
    GoldenComparison comparison = CompareGolden(expected, *observed, classes());
    result.worst_difference = comparison.worst_difference;
    result.failure = std::move(comparison.failure);
    result.top_class = classes()[TopOf(observed->probabilities)];
    result.pixels_sha256 = observed->pixels_sha256;
    result.output_sha256 = observed->output_sha256;
    if (!result.failure.empty()) failed_.push_back(&golden);
    results_.push_back(std::move(result));
    expected_.push_back(std::move(expected));
    observed_.push_back(std::move(*observed));
    return Ok();
  }

  void Finish(GoldenReport& report) {
    const bool constant = IsConstant(observed_);
    for (auto& result : results_) {
      if (constant && result.failure.empty()) result.failure = "the same output as for other images";
    }
    report.cases = std::move(results_);
    if (!report.passed()) report.likely_cause = LikelyCause(constant);
  }

 private:
  const std::vector<std::string>& classes() const { return model_.manifest().classes(); }

  static size_t TopOf(const std::vector<float>& values) {
    return static_cast<size_t>(std::max_element(values.begin(), values.end()) - values.begin());
  }

  std::string LikelyCause(bool constant) const {
    if (constant) return "the model gives the same output for different images, to the last bit: it does not see them";
    if (models_fault_) return "the model's weights are broken, as after a failed conversion, or its softmax is missing";
    if (failed_.empty()) return "";  // the images could not be read: each failure says why
    if (auto cause = LabelOrderCause(expected_, observed_, classes()); !cause.empty()) return cause;
    if (auto cause = CauseByTrial(model_, Trials()); !cause.empty()) return cause;
    return GeneralCause();
  }

  // The first few cases that failed: enough to tell one cause from another.
  std::vector<GoldenTrial> Trials() const {
    constexpr size_t kMost = 3;
    std::vector<GoldenTrial> trials;
    for (size_t i = 0; i < failed_.size() && i < kMost; ++i) {
      const auto image = ReadVerified(folder_, failed_[i]->image, model_.decode_limits().max_bytes);
      if (!image) continue;
      auto input = Preprocess(model_, *image, {.memory = memory_});
      if (!input) continue;
      trials.push_back({std::move(input->pixels), ExpectationOf(*failed_[i])});
    }
    return trials;
  }

  GoldenExpectation ExpectationOf(const GoldenCase& golden) const {
    return {golden.probabilities.at(model_.format()), golden.pixels_sha256, model_.manifest().golden()->tolerance};
  }

  std::string GeneralCause() const {
    bool pixels_known = true;
    for (size_t i = 0; i < expected_.size(); ++i) {
      const auto& pixels = expected_[i].pixels_sha256;
      if (pixels && *pixels != observed_[i].pixels_sha256) {
        return "preprocessing makes other pixels than in training (decoder, EXIF, crop, size, filter or colour order)";
      }
      pixels_known = pixels_known && pixels;
    }
    if (pixels_known) return "the normalisation (divisor, mean, std) is wrong or the weights are another model's";
    return "preprocessing is not that of training or the weights are another model's";
  }

  const LoadedModel& model_;
  fs::Dir& folder_;
  DecodeMemory* const memory_;
  std::vector<GoldenCaseResult> results_;
  std::vector<const GoldenCase*> failed_;  // those that were compared
  bool models_fault_ = false;              // some output was no set of probabilities
  std::vector<GoldenExpectation> expected_;
  std::vector<GoldenObservation> observed_;
};

}  // namespace

GoldenObservation ObservationOf(Prediction prediction) {
  Sha256 hash;
  hash.Update(FloatBytes(prediction.probabilities));
  hash.Update(FloatBytes(prediction.embedding));
  return {std::move(prediction.probabilities), prediction.pixels_sha256, hash.Finish()};
}

Result<GoldenReport> RunGolden(const LoadedModel& model, fs::Dir& version_folder, DecodeMemory* memory) {
  GoldenReport report;
  const auto& golden = model.manifest().golden();
  if (!golden) return report;

  const auto begin = std::chrono::steady_clock::now();
  Run run(model, version_folder, memory);
  for (const GoldenCase& one : golden->cases) {
    if (!one.probabilities.contains(model.format())) continue;
    report.origin = golden->origin;
    LOTMARK_RETURN_IF_ERROR(run.Case(one));
  }
  report.tolerance = golden->tolerance;
  run.Finish(report);
  report.duration = std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - begin);
  return report;
}

}  // namespace lotmark::classify
