// How much each source pixel counts for each target pixel along one axis: the arithmetic half of Pillow's resize.
//
// Along an axis of `in` pixels that becomes `out`: scale = in / out; the filter is stretched by max(scale, 1), so that
// shrinking averages (antialiasing); target i looks at source coordinates around (i + 0.5) * scale. Weights are
// computed in double, normalised to sum 1, then rounded to fixed point with 22 fraction bits. Every step follows
// Pillow's src/libImaging/Resample.c, because the pixels must be the ones that a training framework saw, bit for bit.
#pragma once

#include <cstdint>
#include <vector>

#include "manifest/preprocessing.h"

namespace lotmark::image {

inline constexpr int kWeightBits = 22;

struct AxisWeights {
  // Source pixels `first` to `first + count - 1` take part; count is at least 1.
  struct Window {
    int first;
    int count;
  };
  int stride = 0;                // room for weights per target pixel; no window is wider
  std::vector<Window> windows;   // one per target pixel; neither end ever moves backwards
  std::vector<int32_t> weights;  // `stride` per target pixel, of which the window's count are used

  const int32_t* Of(int target) const {
    return weights.data() + static_cast<size_t>(target) * static_cast<size_t>(stride);
  }
};

// REQUIRES: in and out at least 1.
AxisWeights ComputeWeights(int in, int out, manifest::ResizeFilter filter);

}  // namespace lotmark::image
