#include "image/resize_rows.h"

#include <algorithm>

#include "image/pixels.h"

namespace lotmark::image {
namespace {

constexpr int32_t kHalf = 1 << (kWeightBits - 1);  // sums start here, so that the shift rounds
constexpr size_t kBlock = 32;  // a loop of fixed length, which the compiler keeps in vector registers

uint8_t ToByte(int32_t sum) { return static_cast<uint8_t>(std::clamp(sum >> kWeightBits, 0, 255)); }

void BlendBlock(const uint8_t* const* rows, const int32_t* weights, int count, size_t offset, uint8_t* target) {
  int32_t sums[kBlock];
  for (size_t i = 0; i < kBlock; ++i) sums[i] = kHalf;
  for (int row = 0; row < count; ++row) {
    const uint8_t* source = rows[row] + offset;
    const int32_t weight = weights[row];
    for (size_t i = 0; i < kBlock; ++i) sums[i] += source[i] * weight;
  }
  for (size_t i = 0; i < kBlock; ++i) target[offset + i] = ToByte(sums[i]);
}

}  // namespace

void StretchRow(const uint8_t* source, const AxisWeights& axis, uint8_t* target) {
  const int32_t* weights = axis.weights.data();
  for (const AxisWeights::Window& window : axis.windows) {
    const uint8_t* pixel = source + static_cast<size_t>(window.first) * kChannels;
    int32_t red = kHalf, green = kHalf, blue = kHalf;
    for (int i = 0; i < window.count; ++i, pixel += kChannels) {
      red += pixel[0] * weights[i];
      green += pixel[1] * weights[i];
      blue += pixel[2] * weights[i];
    }
    target[0] = ToByte(red);
    target[1] = ToByte(green);
    target[2] = ToByte(blue);
    target += kChannels;
    weights += axis.stride;
  }
}

void BlendRows(const uint8_t* const* rows, const int32_t* weights, int count, size_t bytes, uint8_t* target) {
  size_t offset = 0;
  for (; offset + kBlock <= bytes; offset += kBlock) BlendBlock(rows, weights, count, offset, target);
  for (; offset < bytes; ++offset) {
    int32_t sum = kHalf;
    for (int row = 0; row < count; ++row) sum += rows[row][offset] * weights[row];
    target[offset] = ToByte(sum);
  }
}

}  // namespace lotmark::image
