#include "classify/golden_record.h"

#include <fmt/format.h>

#include <cstdlib>

#include "base/encoding.h"
#include "classify/golden.h"

namespace lotmark::classify {
namespace {

// The fewest digits that read back as the same float32, so that a manifest is not full of noise.
double Shortest(float probability) { return std::strtod(fmt::format("{}", probability).c_str(), nullptr); }

}  // namespace

Result<manifest::Golden> RecordGolden(const LoadedModel& model, const std::vector<GoldenImage>& images,
                                      double tolerance) {
  manifest::Golden golden{manifest::GoldenOrigin::kRecorded, tolerance, {}};
  std::vector<GoldenObservation> observed;
  for (const GoldenImage& image : images) {
    auto prediction = Classify(model, image.bytes);
    if (!prediction) return Prefixed(Printable(image.path), std::move(prediction).error());
    manifest::GoldenCase one;
    one.image.path = image.path;
    one.image.sha256 = prediction->image_sha256;
    one.pixels_sha256 = prediction->pixels_sha256;
    one.top_class = model.manifest().classes()[prediction->top.front().index];
    for (const float probability : prediction->probabilities) {
      one.probabilities[model.format()].push_back(Shortest(probability));
    }
    golden.cases.push_back(std::move(one));
    observed.push_back(ObservationOf(std::move(*prediction)));
  }
  if (IsConstant(observed)) {
    return Refused("the model gives the same output for different images, to the last bit: it does not see them");
  }
  return golden;
}

}  // namespace lotmark::classify
