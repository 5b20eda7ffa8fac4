#include "image/resize_rows.h"

#include <algorithm>

#include "image/pixels.h"
#include "image/resize_rows_avx2.h"

namespace lotmark::image {
namespace {

constexpr int32_t kHalf = 1 << (kWeightBits - 1);  // sums start here, so that the shift rounds
constexpr size_t kBlock = 32;  // a loop of fixed length, which the compiler keeps in vector registers

uint8_t ToByte(int32_t sum) { return static_cast<uint8_t>(std::clamp(sum >> kWeightBits, 0, 255)); }

void StretchPixel(const uint8_t* pixel, const int32_t* weights, int count, uint8_t* target) {
  int32_t red = kHalf, green = kHalf, blue = kHalf;
  for (int i = 0; i < count; ++i, pixel += kChannels) {
    red += pixel[0] * weights[i];
    green += pixel[1] * weights[i];
    blue += pixel[2] * weights[i];
  }
  target[0] = ToByte(red);
  target[1] = ToByte(green);
  target[2] = ToByte(blue);
}

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

Instructions BestInstructions() {
#if defined(__x86_64__)
  static const bool has_avx2 = __builtin_cpu_supports("avx2") != 0;
  if (has_avx2) return Instructions::kAvx2;
#endif
  return Instructions::kPortable;
}

RowStretcher::RowStretcher(const AxisWeights& axis, int source_width, Instructions instructions) : axis_(axis) {
  if (instructions == Instructions::kPortable) return;
#if defined(__x86_64__)
  const size_t row_bytes = static_cast<size_t>(source_width) * kChannels;
  for (const AxisWeights::Window& window : axis.windows) {
    if (avx2::ReadsUpTo(window) > row_bytes) return;
    avx2::Prepare(axis.Of(static_cast<int>(prepared_windows_)), window, prepared_);
    ++prepared_windows_;
  }
#else
  static_cast<void>(source_width);
#endif
}

void RowStretcher::Stretch(const uint8_t* source, uint8_t* target) const {
#if defined(__x86_64__)
  if (prepared_windows_ > 0) avx2::StretchRow(source, axis_, prepared_windows_, prepared_.data(), target);
#endif
  for (size_t i = prepared_windows_; i < axis_.windows.size(); ++i) {
    const auto [first, count] = axis_.windows[i];
    StretchPixel(source + static_cast<size_t>(first) * kChannels, axis_.Of(static_cast<int>(i)), count,
                 target + i * kChannels);
  }
}

void BlendRows(const uint8_t* const* rows, const int32_t* weights, int count, size_t bytes, uint8_t* target,
               Instructions instructions) {
  size_t offset = 0;
#if defined(__x86_64__)
  if (instructions == Instructions::kAvx2) offset = avx2::BlendRows(rows, weights, count, bytes, target);
#else
  static_cast<void>(instructions);
#endif
  for (; offset + kBlock <= bytes; offset += kBlock) BlendBlock(rows, weights, count, offset, target);
  for (; offset < bytes; ++offset) {
    int32_t sum = kHalf;
    for (int row = 0; row < count; ++row) sum += rows[row][offset] * weights[row];
    target[offset] = ToByte(sum);
  }
}

}  // namespace lotmark::image
