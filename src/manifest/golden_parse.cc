#include <fmt/format.h>

#include <cmath>
#include <numeric>

#include "manifest/field.h"
#include "manifest/parse.h"

namespace lotmark::manifest {
namespace {

constexpr size_t kMaxCases = 1000;
constexpr double kMaxTolerance = 0.1;
// Probabilities are written with few digits; a softmax summed in float32 is off by far less than this.
constexpr double kSumTolerance = 1e-3;

Result<std::vector<double>> ParseDistribution(const Json& value, const std::string& path) {
  if (!value.is_array()) return Refused(path + " must be an array, not " + JsonTypeName(value));
  LOTMARK_ASSIGN_OR_RETURN(auto probabilities, Numbers(value, path));
  for (size_t i = 0; i < probabilities.size(); ++i) {
    if (probabilities[i] < 0) {
      return Refused(fmt::format("{}: {} is not a probability: it is below 0", ElementPath(path, i), probabilities[i]));
    }
  }
  const double sum = std::accumulate(probabilities.begin(), probabilities.end(), 0.0);
  if (!(std::abs(sum - 1) <= kSumTolerance)) {
    return Refused(fmt::format("{}: the probabilities sum to {}, not to 1", path, sum));
  }
  return probabilities;
}

Result<GoldenCase> ParseCase(const JsonObject& object) {
  GoldenCase golden_case;
  LOTMARK_ASSIGN_OR_RETURN(golden_case.image, ParseFileRef(object, "image"));
  LOTMARK_ASSIGN_OR_RETURN(golden_case.pixels_sha256, OptionalDigest(object, "pixels_sha256"));
  LOTMARK_ASSIGN_OR_RETURN(golden_case.top_class, object.OptionalString("top_class"));
  LOTMARK_ASSIGN_OR_RETURN(const JsonObject by_format, object.RequiredObject("probabilities"));
  for (const auto& [key, value] : by_format.json().items()) {
    const std::string path = by_format.PathOf(Printable(key, 80));
    const auto format = ParseFormat(key);
    if (!format) return Refused(path + " is not a known format: onnx, tensorrt and tflite are");
    LOTMARK_ASSIGN_OR_RETURN(golden_case.probabilities[*format], ParseDistribution(value, path));
  }
  if (golden_case.probabilities.empty()) return Refused(by_format.path() + ": there must be at least one format");
  return golden_case;
}

}  // namespace

std::string_view GoldenOriginName(GoldenOrigin origin) {
  return origin == GoldenOrigin::kTraining ? "training" : "recorded";
}

Result<Golden> ParseGolden(const JsonObject& object) {
  Golden golden;
  LOTMARK_ASSIGN_OR_RETURN(const std::string origin, object.RequiredString("origin"));
  LOTMARK_ASSIGN_OR_RETURN(golden.origin, Choose<GoldenOrigin>(origin, object.PathOf("origin"),
                                                               {{"training", GoldenOrigin::kTraining},
                                                                {"recorded", GoldenOrigin::kRecorded}}));
  LOTMARK_ASSIGN_OR_RETURN(golden.tolerance, object.RequiredNumber("tolerance"));
  if (!(golden.tolerance > 0 && golden.tolerance <= kMaxTolerance)) {
    return Refused(fmt::format("{}: {} must be greater than 0 and at most {}", object.PathOf("tolerance"),
                               golden.tolerance, kMaxTolerance));
  }
  LOTMARK_ASSIGN_OR_RETURN(const Json* array, object.RequiredArray("cases"));
  const std::string path = object.PathOf("cases");
  if (array->empty() || array->size() > kMaxCases) {
    return Refused(fmt::format("{}: {} cases: there must be 1 to {}", path, array->size(), kMaxCases));
  }
  LOTMARK_ASSIGN_OR_RETURN(const auto objects, Objects(*array, path));
  for (const JsonObject& each : objects) {
    LOTMARK_ASSIGN_OR_RETURN(GoldenCase golden_case, ParseCase(each));
    golden.cases.push_back(std::move(golden_case));
  }
  return golden;
}

}  // namespace lotmark::manifest
