// How usable a picture is: measured for every classification, reported, and by default only warned about.
#pragma once

#include <string>
#include <vector>

#include "image/pixels.h"
#include "manifest/preprocessing.h"

namespace lotmark::image {

struct Quality {
  // Variance (of the population) of the 3x3 Laplacian 0 1 0 / 1 -4 1 / 0 1 0 of the luma at model input size; beyond
  // the border the picture is mirrored around its outermost pixel.
  double sharpness = 0;
  double brightness = 0;  // mean luma, 0 to 255
  int width = 0;          // of the upright picture before crop and resize, pixels
  int height = 0;
};

// ITU-R 601 luma, one byte a pixel, rounded as Pillow's convert("L") does.
std::vector<uint8_t> Luma(const RgbImage& image);

// `input` is the picture at model input size; `original_*` are the upright picture's sides.
Quality MeasureQuality(const RgbImage& input, int original_width, int original_height);

// One sentence per threshold that `quality` misses, such as "sharpness 12.3 is below the model's 20".
std::vector<std::string> QualityWarnings(const Quality& quality, const manifest::QualityThresholds& thresholds);

}  // namespace lotmark::image
