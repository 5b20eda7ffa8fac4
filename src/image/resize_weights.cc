#include "image/resize_weights.h"

#include <algorithm>
#include <cmath>

namespace lotmark::image {
namespace {

// A filter is a curve around 0; beyond `support` it is 0.
struct Filter {
  double support;
  double (*curve)(double);
};

double Triangle(double x) {
  const double distance = std::abs(x);
  return distance < 1.0 ? 1.0 - distance : 0.0;
}

Filter FilterOf(manifest::ResizeFilter filter) {
  switch (filter) {
    case manifest::ResizeFilter::kBilinear:
      break;
  }
  return {1.0, Triangle};
}

// Pillow's rounding: towards zero after adding a half, also below 0.
int PixelAt(double coordinate) {
  return static_cast<int>(coordinate + 0.5);  // NOLINT(bugprone-incorrect-roundings)
}

int32_t ToFixedPoint(double weight) {
  const double scaled = weight * (1 << kWeightBits);
  return static_cast<int32_t>(weight < 0 ? scaled - 0.5 : scaled + 0.5);
}

}  // namespace

AxisWeights ComputeWeights(int in, int out, manifest::ResizeFilter which) {
  const Filter filter = FilterOf(which);
  const double scale = static_cast<double>(in) / out;
  const double stretch = std::max(scale, 1.0);
  const double support = filter.support * stretch;
  const double per_stretch = 1.0 / stretch;

  AxisWeights axis;
  axis.stride = static_cast<int>(std::ceil(support)) * 2 + 1;
  axis.windows.reserve(static_cast<size_t>(out));
  axis.weights.resize(static_cast<size_t>(out) * static_cast<size_t>(axis.stride));
  std::vector<double> exact(static_cast<size_t>(axis.stride));
  for (int target = 0; target < out; ++target) {
    const double center = (target + 0.5) * scale;
    const int first = std::max(PixelAt(center - support), 0);
    const int count = std::min(PixelAt(center + support), in) - first;
    double sum = 0;
    for (int i = 0; i < count; ++i) {
      exact[static_cast<size_t>(i)] = filter.curve((i + first - center + 0.5) * per_stretch);
      sum += exact[static_cast<size_t>(i)];
    }
    int32_t* weights = axis.weights.data() + static_cast<size_t>(target) * static_cast<size_t>(axis.stride);
    for (int i = 0; i < count; ++i) {
      const double weight = exact[static_cast<size_t>(i)];
      weights[i] = ToFixedPoint(sum != 0 ? weight / sum : weight);
    }
    axis.windows.push_back({first, count});
  }
  return axis;
}

}  // namespace lotmark::image
