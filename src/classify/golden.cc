#include "classify/golden.h"

#include <algorithm>

#include "classify/classifier.h"
#include "classify/golden_check.h"
#include "classify/loaded_model.h"
#include "classify/verified_file.h"

namespace lotmark::classify {
namespace {

using manifest::GoldenCase;

// Of everything that a case has the model put out.
Digest OutputDigest(const Prediction& prediction) {
  Sha256 hash;
  hash.Update(FloatBytes(prediction.probabilities));
  hash.Update(FloatBytes(prediction.embedding));
  return hash.Finish();
}

Result<GoldenObservation> Observe(const LoadedModel& model, fs::Dir& folder, DecodeMemory* memory,
                                  const GoldenCase& golden) {
  LOTMARK_ASSIGN_OR_RETURN(const Bytes image, ReadVerified(folder, golden.image, model.decode_limits().max_bytes));
  LOTMARK_ASSIGN_OR_RETURN(Prediction prediction, Classify(model, image, {.memory = memory}));
  const Digest output = OutputDigest(prediction);
  return GoldenObservation{std::move(prediction.probabilities), prediction.pixels_sha256, output};
}

bool MachinesFault(const Error& error) {
  return error.code == ErrorCode::kMachine || error.code == ErrorCode::kNoSpace || error.code == ErrorCode::kBusy;
}

class Run {
 public:
  Run(const LoadedModel& model, fs::Dir& folder, DecodeMemory* memory)
      : model_(model), folder_(folder), memory_(memory) {}

  Status Case(const GoldenCase& golden, const std::vector<double>& probabilities, double tolerance) {
    auto observed = Observe(model_, folder_, memory_, golden);
    if (!observed) {
      if (MachinesFault(observed.error())) return Prefixed(golden.image.path, std::move(observed).error());
      results_.push_back({golden.image.path, 0, observed.error().text});
      return Ok();
    }
    const GoldenExpectation expected{probabilities, golden.pixels_sha256, tolerance};
    results_.push_back(CheckGoldenCase(golden.image.path, expected, *observed, model_.manifest().classes()));
    observations_.push_back(std::move(*observed));
    return Ok();
  }

  std::vector<GoldenCaseResult> TakeResults() {
    if (IsConstant(observations_)) {
      for (auto& result : results_) {
        if (!result.failure.empty()) continue;
        result.failure = "the model gives the same output for different images, to the last bit";
      }
    }
    return std::move(results_);
  }

 private:
  const LoadedModel& model_;
  fs::Dir& folder_;
  DecodeMemory* const memory_;
  std::vector<GoldenCaseResult> results_;
  std::vector<GoldenObservation> observations_;
};

}  // namespace

Result<GoldenReport> RunGolden(const LoadedModel& model, fs::Dir& version_folder, DecodeMemory* memory) {
  GoldenReport report;
  const auto& golden = model.manifest().golden();
  if (!golden) return report;

  const auto begin = std::chrono::steady_clock::now();
  Run run(model, version_folder, memory);
  for (const GoldenCase& one : golden->cases) {
    const auto expected = one.probabilities.find(model.format());
    if (expected == one.probabilities.end()) continue;
    report.origin = golden->origin;
    LOTMARK_RETURN_IF_ERROR(run.Case(one, expected->second, golden->tolerance));
  }
  report.tolerance = golden->tolerance;
  report.cases = run.TakeResults();
  report.duration = std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - begin);
  return report;
}

}  // namespace lotmark::classify
