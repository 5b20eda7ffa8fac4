#include "image/resize_rows.h"

#include <algorithm>
#include <cstring>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

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

struct Sums {
  int32_t red = kHalf, green = kHalf, blue = kHalf;

  void Add(const uint8_t* pixel, int32_t weight) {
    red += pixel[0] * weight;
    green += pixel[1] * weight;
    blue += pixel[2] * weight;
  }
};

#if defined(__SSE2__)
// Every x86-64 multiplies and adds eight 16-bit numbers at once, but no 32-bit ones. So a weight is taken apart into
// high * 2^kLowBits + low, which fit, and the two sums are put together at the end: the same integer, bit for bit.
constexpr int kLowBits = 11;
constexpr int kTaps = 4;  // pixels at a time

__m128i FourBytes(const uint8_t* bytes) {
  int32_t word;
  std::memcpy(&word, bytes, sizeof word);
  return _mm_cvtsi32_si128(word);
}

// r r g g b b and two of no use, 16 bits each, of a pixel and the next. Reads the first byte of the one after them.
__m128i PixelPair(const uint8_t* pixel) {
  const __m128i bytes = _mm_unpacklo_epi8(FourBytes(pixel), FourBytes(pixel + kChannels));
  return _mm_unpacklo_epi8(bytes, _mm_setzero_si128());
}

// As many of the window's pixels as can be taken kTaps at a time with one left over; returns how many.
int AddMany(const uint8_t* pixel, const int32_t* weights, int count, Sums& sums) {
  if (count <= kTaps) return 0;
  __m128i low = _mm_setzero_si128(), high = _mm_setzero_si128();
  int done = 0;
  for (; done + kTaps < count; done += kTaps, pixel += kTaps * kChannels) {
    const __m128i weight = _mm_loadu_si128(reinterpret_cast<const __m128i*>(weights + done));
    const __m128i halves =
        _mm_packs_epi32(_mm_and_si128(weight, _mm_set1_epi32((1 << kLowBits) - 1)), _mm_srai_epi32(weight, kLowBits));
    const __m128i first = PixelPair(pixel), second = PixelPair(pixel + 2 * kChannels);
    low = _mm_add_epi32(low, _mm_madd_epi16(first, _mm_shuffle_epi32(halves, 0x00)));
    low = _mm_add_epi32(low, _mm_madd_epi16(second, _mm_shuffle_epi32(halves, 0x55)));
    high = _mm_add_epi32(high, _mm_madd_epi16(first, _mm_shuffle_epi32(halves, 0xAA)));
    high = _mm_add_epi32(high, _mm_madd_epi16(second, _mm_shuffle_epi32(halves, 0xFF)));
  }
  int32_t total[4];
  _mm_storeu_si128(reinterpret_cast<__m128i*>(total), _mm_add_epi32(low, _mm_slli_epi32(high, kLowBits)));
  sums.red += total[0];
  sums.green += total[1];
  sums.blue += total[2];
  return done;
}
#else
int AddMany(const uint8_t*, const int32_t*, int, Sums&) { return 0; }
#endif

}  // namespace

void StretchRow(const uint8_t* source, const AxisWeights& axis, uint8_t* target) {
  const int32_t* weights = axis.weights.data();
  for (const AxisWeights::Window& window : axis.windows) {
    const uint8_t* pixels = source + static_cast<size_t>(window.first) * kChannels;
    Sums sums;
    for (int i = AddMany(pixels, weights, window.count, sums); i < window.count; ++i) {
      sums.Add(pixels + static_cast<size_t>(i) * kChannels, weights[i]);
    }
    target[0] = ToByte(sums.red);
    target[1] = ToByte(sums.green);
    target[2] = ToByte(sums.blue);
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
