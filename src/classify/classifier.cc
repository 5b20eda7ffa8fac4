#include "classify/classifier.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <numeric>
#include <optional>

#include "base/encoding.h"

namespace lotmark::classify {
namespace {

constexpr size_t kTopClasses = 3;

// Softmax and sigmoid in float32 or in eight bits stay well within this of 0 and 1; logits do not.
constexpr float kSlack = 1e-3f;

Status CheckProbabilities(const std::vector<float>& values, const std::vector<std::string>& classes) {
  for (size_t i = 0; i < values.size(); ++i) {
    if (values[i] >= -kSlack && values[i] <= 1 + kSlack) continue;
    return Error{ErrorCode::kModelFault,
                 fmt::format("class {}: the model gives {:.6g}, which is not a probability", Printable(classes[i], 64),
                             values[i]),
                 "Probably the model lacks its last layer (softmax)."};
  }
  return Ok();
}

// One run whose output can be believed. An output that is refused is the model's fault, never the image's.
Result<runtime::Output> RunModel(const LoadedModel& model, std::span<const float> tensor) {
  auto output = model.session().Run(tensor);
  if (!output) {
    Error error = std::move(output).error();
    if (error.code == ErrorCode::kRefused) error.code = ErrorCode::kModelFault;
    return error;
  }
  LOTMARK_RETURN_IF_ERROR(CheckProbabilities(output->probabilities, model.manifest().classes()));
  return output;
}

std::vector<RankedClass> TopOf(const std::vector<float>& probabilities) {
  std::vector<size_t> order(probabilities.size());
  std::iota(order.begin(), order.end(), size_t{0});
  const auto before = [&](size_t a, size_t b) {
    return probabilities[a] != probabilities[b] ? probabilities[a] > probabilities[b] : a < b;
  };
  const size_t count = std::min(kTopClasses, order.size());
  std::partial_sort(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(count), order.end(), before);
  std::vector<RankedClass> top;
  for (size_t i = 0; i < count; ++i) top.push_back({order[i], probabilities[order[i]]});
  return top;
}

}  // namespace

// The full-size pixels live only in here, and so does what is reserved for them.
Result<image::Preprocessed> Preprocess(const LoadedModel& model, ByteView image, const ClassifyLimits& limits) {
  std::optional<DecodeMemory::Reservation> reservation;
  if (limits.memory != nullptr) {
    LOTMARK_ASSIGN_OR_RETURN(const uint64_t need, image::DecodeMemoryNeed(image, model.decode_limits()));
    LOTMARK_ASSIGN_OR_RETURN(auto granted, limits.memory->Reserve(need, limits.deadline));
    reservation.emplace(std::move(granted));
  }
  return image::Preprocess(image, model.preprocessing(), model.decode_limits());
}

Result<Prediction> Classify(const LoadedModel& model, ByteView image, const ClassifyLimits& limits) {
  LOTMARK_ASSIGN_OR_RETURN(const auto input, Preprocess(model, image, limits));
  const auto begin = std::chrono::steady_clock::now();
  LOTMARK_ASSIGN_OR_RETURN(runtime::Output output, RunModel(model, input.tensor));
  const auto inference = std::chrono::steady_clock::now() - begin;

  Prediction prediction;
  prediction.image_sha256 = Sha256Of(image);
  prediction.pixels_sha256 = input.pixels_sha256;
  prediction.tensor_sha256 = Sha256Of(FloatBytes(input.tensor));
  prediction.output_sha256 = Sha256Of(FloatBytes(output.probabilities));
  prediction.top = TopOf(output.probabilities);
  prediction.probabilities = std::move(output.probabilities);
  prediction.embedding = std::move(output.embedding);
  prediction.quality = input.quality;
  prediction.warnings = image::QualityWarnings(input.quality, model.preprocessing().quality);
  prediction.decode_time = input.decode_time;
  prediction.preprocess_time = input.preprocess_time;
  prediction.inference_time = std::chrono::duration_cast<std::chrono::microseconds>(inference);
  return prediction;
}

ByteView FloatBytes(std::span<const float> values) {
  static_assert(std::endian::native == std::endian::little, "a big-endian machine has to turn the bytes here");
  return {reinterpret_cast<const uint8_t*>(values.data()), values.size_bytes()};
}

}  // namespace lotmark::classify
