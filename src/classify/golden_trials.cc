#include "classify/golden_trials.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "image/normalise.h"

namespace lotmark::classify {
namespace {

using image::RgbImage;
using manifest::Preprocessing;

struct Normalisation {
  float divisor;
  std::array<float, 3> mean, std;
};

// ToTensor alone, raw bytes, [-1, 1], ImageNet's.
constexpr Normalisation kUsual[] = {{255, {0, 0, 0}, {1, 1, 1}},
                                    {1, {0, 0, 0}, {1, 1, 1}},
                                    {255, {0.5f, 0.5f, 0.5f}, {0.5f, 0.5f, 0.5f}},
                                    {255, {0.485f, 0.456f, 0.406f}, {0.229f, 0.224f, 0.225f}}};

RgbImage RedAndBlueSwapped(RgbImage image) {
  for (size_t i = 0; i + 2 < image.rgb.size(); i += image::kChannels) std::swap(image.rgb[i], image.rgb[i + 2]);
  return image;
}

bool Agrees(const LoadedModel& model, const Preprocessing& preprocessing, const RgbImage& pixels,
            const GoldenExpectation& expected) {
  const auto tensor = image::Normalise(pixels, image::MakeNormaliseTable(preprocessing), preprocessing.layout);
  const auto output = model.session().Run(tensor);
  return output && ProbabilitiesAgree(expected, output->probabilities);
}

bool AgreesSwapped(const LoadedModel& model, const std::vector<GoldenTrial>& trials) {
  return std::all_of(trials.begin(), trials.end(), [&](const GoldenTrial& trial) {
    return Agrees(model, model.preprocessing(), RedAndBlueSwapped(trial.pixels), trial.expected);
  });
}

bool AgreesWith(const LoadedModel& model, const std::vector<GoldenTrial>& trials, const Normalisation& other) {
  Preprocessing preprocessing = model.preprocessing();
  preprocessing.divisor = other.divisor;
  preprocessing.mean = other.mean;
  preprocessing.std = other.std;
  return std::all_of(trials.begin(), trials.end(), [&](const GoldenTrial& trial) {
    return Agrees(model, preprocessing, trial.pixels, trial.expected);
  });
}

bool ExpectsSwappedPixels(const GoldenTrial& trial) {
  return trial.expected.pixels_sha256 == Sha256Of(RedAndBlueSwapped(trial.pixels).rgb);
}

}  // namespace

std::string CauseByTrial(const LoadedModel& model, const std::vector<GoldenTrial>& trials) {
  if (trials.empty()) return "";
  if (std::all_of(trials.begin(), trials.end(), ExpectsSwappedPixels)) {
    return "the expected pixels have red and blue swapped: the training code reads images as BGR";
  }
  if (AgreesSwapped(model, trials)) {
    return "red and blue are swapped: with BGR pixels the model gives the expected values";
  }
  for (const Normalisation& other : kUsual) {
    if (!AgreesWith(model, trials, other)) continue;
    return fmt::format(
        "the normalisation is wrong: with divisor {}, mean {} and std {} the model gives the expected "
        "values",
        other.divisor, other.mean, other.std);
  }
  return "";
}

}  // namespace lotmark::classify
