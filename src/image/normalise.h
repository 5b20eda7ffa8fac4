// From bytes to the floats that a model takes: (x / divisor - mean[c]) / std[c], each step rounded to IEEE float32.
//
// A byte has 256 values, so the formula runs 256 times per channel and the rest is looking up: the same tensor on every
// machine, whatever its vector instructions round like.
#pragma once

#include <array>
#include <vector>

#include "image/pixels.h"
#include "manifest/preprocessing.h"

namespace lotmark::image {

using NormaliseTable = std::array<std::array<float, 256>, kChannels>;

// REQUIRES: divisor and std are not 0 (the manifest's check).
NormaliseTable MakeNormaliseTable(const manifest::Preprocessing& preprocessing);

// A batch of one image: 1 x 3 x height x width for NCHW, 1 x height x width x 3 for NHWC.
std::vector<float> Normalise(const RgbImage& image, const NormaliseTable& table, manifest::Layout layout);

}  // namespace lotmark::image
