#include "image/quality.h"

#include <fmt/format.h>

#include <algorithm>

namespace lotmark::image {
namespace {

// The neighbour of `at` in one direction, mirrored around the outermost pixel; a single pixel is its own neighbour.
size_t Before(size_t at, size_t size) { return at > 0 ? at - 1 : std::min<size_t>(1, size - 1); }
size_t After(size_t at, size_t size) { return at + 1 < size ? at + 1 : Before(at, size); }

// Sums of integers: exact, so the variance does not depend on the order of adding.
struct Sums {
  int64_t values = 0;
  int64_t squares = 0;
};

Sums LaplacianSums(const std::vector<uint8_t>& luma, size_t width, size_t height) {
  Sums sums;
  for (size_t y = 0; y < height; ++y) {
    const uint8_t* row = luma.data() + y * width;
    const uint8_t* above = luma.data() + Before(y, height) * width;
    const uint8_t* below = luma.data() + After(y, height) * width;
    for (size_t x = 0; x < width; ++x) {
      const int sides = row[Before(x, width)] + row[After(x, width)];
      const int laplacian = above[x] + below[x] + sides - 4 * row[x];
      sums.values += laplacian;
      sums.squares += int64_t{laplacian} * laplacian;
    }
  }
  return sums;
}

}  // namespace

std::vector<uint8_t> Luma(const RgbImage& image) {
  std::vector<uint8_t> luma(image.rgb.size() / kChannels);
  const uint8_t* rgb = image.rgb.data();
  for (uint8_t& value : luma) {
    value = static_cast<uint8_t>((19595u * rgb[0] + 38470u * rgb[1] + 7471u * rgb[2] + 0x8000u) >> 16);
    rgb += kChannels;
  }
  return luma;
}

Quality MeasureQuality(const RgbImage& input, int original_width, int original_height) {
  const std::vector<uint8_t> luma = Luma(input);
  const Sums sums = LaplacianSums(luma, static_cast<size_t>(input.width), static_cast<size_t>(input.height));
  const double count = static_cast<double>(luma.size());
  const double mean = static_cast<double>(sums.values) / count;
  int64_t light = 0;
  for (const uint8_t value : luma) light += value;
  return {.sharpness = std::max(0.0, static_cast<double>(sums.squares) / count - mean * mean),
          .brightness = static_cast<double>(light) / count,
          .width = original_width,
          .height = original_height};
}

std::vector<std::string> QualityWarnings(const Quality& quality, const manifest::QualityThresholds& thresholds) {
  std::vector<std::string> warnings;
  const auto below = [&](const char* what, double measured, double limit) {
    if (measured < limit) warnings.push_back(fmt::format("{} {:.4g} is below the model's {:g}", what, measured, limit));
  };
  if (thresholds.min_sharpness) below("sharpness", quality.sharpness, *thresholds.min_sharpness);
  if (thresholds.min_brightness) below("brightness", quality.brightness, *thresholds.min_brightness);
  if (thresholds.max_brightness && quality.brightness > *thresholds.max_brightness) {
    warnings.push_back(
        fmt::format("brightness {:.4g} is above the model's {:g}", quality.brightness, *thresholds.max_brightness));
  }
  const int shorter = std::min(quality.width, quality.height);
  if (thresholds.min_side && shorter < *thresholds.min_side) {
    warnings.push_back(
        fmt::format("the shorter side of {} pixels is below the model's {}", shorter, *thresholds.min_side));
  }
  return warnings;
}

}  // namespace lotmark::image
