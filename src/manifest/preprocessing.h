// What happens to an image before a model sees it: part of the model, so part of its manifest (doc/manifest.md).
#pragma once

#include <array>
#include <optional>
#include <string>

namespace lotmark::manifest {

enum class ExifOrientation { kApply, kIgnore };
enum class Crop { kNone, kCenterSquare };
enum class ResizeFilter { kBilinear };
enum class Layout { kNchw, kNhwc };

// Thresholds for warnings, calibrated on the model's test set. Units: doc/manifest.md "quality".
struct QualityThresholds {
  std::optional<double> min_sharpness;
  std::optional<double> min_brightness;
  std::optional<double> max_brightness;
  std::optional<int> min_side;
};

struct Preprocessing {
  ExifOrientation exif_orientation = ExifOrientation::kApply;
  Crop crop = Crop::kNone;
  int width = 0;   // of the model's input, pixels
  int height = 0;  // of the model's input, pixels
  ResizeFilter filter = ResizeFilter::kBilinear;
  // (x / divisor - mean[c]) / std[c], each step in float32.
  float divisor = 255.0f;
  std::array<float, 3> mean{0, 0, 0};
  std::array<float, 3> std{1, 1, 1};
  Layout layout = Layout::kNchw;
  QualityThresholds quality;

  // The fields that change the tensor, as text with one spelling; its SHA-256 is the row's preprocessing digest.
  std::string Canonical() const;
};

}  // namespace lotmark::manifest
