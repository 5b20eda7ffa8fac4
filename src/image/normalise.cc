#include "image/normalise.h"

namespace lotmark::image {

NormaliseTable MakeNormaliseTable(const manifest::Preprocessing& preprocessing) {
  NormaliseTable table;
  for (size_t c = 0; c < kChannels; ++c) {
    for (size_t value = 0; value < 256; ++value) {
      const float scaled = static_cast<float>(value) / preprocessing.divisor;
      const float centred = scaled - preprocessing.mean[c];
      table[c][value] = centred / preprocessing.std[c];
    }
  }
  return table;
}

std::vector<float> Normalise(const RgbImage& image, const NormaliseTable& table, manifest::Layout layout) {
  const size_t pixels = static_cast<size_t>(image.width) * static_cast<size_t>(image.height);
  std::vector<float> tensor(pixels * kChannels);
  const bool planar = layout == manifest::Layout::kNchw;
  const size_t per_pixel = planar ? 1 : kChannels;
  const size_t per_channel = planar ? pixels : 1;
  for (size_t c = 0; c < kChannels; ++c) {
    const uint8_t* value = image.rgb.data() + c;
    float* out = tensor.data() + c * per_channel;
    for (size_t i = 0; i < pixels; ++i) out[i * per_pixel] = table[c][value[i * kChannels]];
  }
  return tensor;
}

}  // namespace lotmark::image
