#include "image/resize_rows_avx2.h"

#if defined(__x86_64__)

#include <immintrin.h>

#include <cstring>

#include "image/pixels.h"

// Only these functions are compiled for AVX2, so that nothing that others call is.
#define LOTMARK_AVX2 __attribute__((target("avx2")))

namespace lotmark::image::avx2 {
namespace {

constexpr int kLowBits = 11;
constexpr int32_t kLowMask = (1 << kLowBits) - 1;
constexpr int32_t kHalf = 1 << (kWeightBits - 1);  // added before the shift, which then rounds
constexpr size_t kLane = 8;                        // 16-bit numbers in half a register
constexpr size_t kRegister = 2 * kLane;
constexpr size_t kBlock = 16;  // bytes that BlendRows takes at a time

int16_t LowOf(int32_t weight) { return static_cast<int16_t>(weight & kLowMask); }
int16_t HighOf(int32_t weight) { return static_cast<int16_t>(weight >> kLowBits); }

LOTMARK_AVX2 inline __m256i Load(const int16_t* numbers) {
  return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(numbers));
}

// (low + high * 2^11 + half) >> 22 of each.
LOTMARK_AVX2 inline __m256i Together(__m256i low, __m256i high) {
  const __m256i sum = _mm256_add_epi32(low, _mm256_slli_epi32(high, kLowBits));
  return _mm256_srai_epi32(_mm256_add_epi32(sum, _mm256_set1_epi32(kHalf)), kWeightBits);
}

// A pair of weights, one for each of two neighbours, in every 32 bits.
LOTMARK_AVX2 inline __m256i Pairs(int16_t first, int16_t second) {
  return _mm256_set1_epi32(static_cast<uint16_t>(first) | static_cast<int32_t>(second) << 16);
}

}  // namespace

// A register holds two halves: the first for two pixels, the second for the next two. In each half the two weights
// stand three times, for red, green and blue; the last pair is of no use.
void Prepare(const int32_t* weights, const AxisWeights::Window& window, std::vector<int16_t>& prepared) {
  for (int round = 0; round < RoundsOf(window); ++round) {
    const size_t low = prepared.size(), high = low + kRegister;
    prepared.resize(high + kRegister, 0);
    for (int tap = 0; tap < kTaps && round * kTaps + tap < window.count; ++tap) {
      const int32_t weight = weights[round * kTaps + tap];
      const size_t place = static_cast<size_t>(tap / 2) * kLane + static_cast<size_t>(tap % 2);
      for (size_t channel = 0; channel < kChannels; ++channel) {
        prepared[low + place + 2 * channel] = LowOf(weight);
        prepared[high + place + 2 * channel] = HighOf(weight);
      }
    }
  }
}

LOTMARK_AVX2 void StretchRow(const uint8_t* source, const AxisWeights& axis, size_t windows, const int16_t* prepared,
                             uint8_t* target) {
  // From r g b r g b … of four pixels, 16 bits each: r r g g b b 0 0 of the first two, and of the other two.
  const __m256i by_channel = _mm256_setr_epi8(0, -1, 3, -1, 1, -1, 4, -1, 2, -1, 5, -1, -1, -1, -1, -1, 6, -1, 9, -1, 7,
                                              -1, 10, -1, 8, -1, 11, -1, -1, -1, -1, -1);
  for (size_t i = 0; i < windows; ++i) {
    const uint8_t* pixels = source + static_cast<size_t>(axis.windows[i].first) * kChannels;
    __m256i low = _mm256_setzero_si256(), high = _mm256_setzero_si256();
    for (int round = RoundsOf(axis.windows[i]); round > 0; --round) {
      const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(pixels));
      const __m256i values = _mm256_shuffle_epi8(_mm256_broadcastsi128_si256(bytes), by_channel);
      low = _mm256_add_epi32(low, _mm256_madd_epi16(values, Load(prepared)));
      high = _mm256_add_epi32(high, _mm256_madd_epi16(values, Load(prepared + kRegister)));
      pixels += kTaps * kChannels;
      prepared += 2 * kRegister;
    }
    // The halves are sums over different pixels: added before they are rounded.
    const __m256i sum = _mm256_add_epi32(low, _mm256_slli_epi32(high, kLowBits));
    const __m128i total = _mm_add_epi32(_mm256_castsi256_si128(sum), _mm256_extracti128_si256(sum, 1));
    const __m128i rounded = _mm_srai_epi32(_mm_add_epi32(total, _mm_set1_epi32(kHalf)), kWeightBits);
    const __m128i clipped = _mm_packus_epi16(_mm_packs_epi32(rounded, rounded), rounded);
    const int32_t pixel = _mm_cvtsi128_si32(clipped);
    std::memcpy(target + i * kChannels, &pixel, kChannels);
  }
}

LOTMARK_AVX2 size_t BlendRows(const uint8_t* const* rows, const int32_t* weights, int count, size_t bytes,
                              uint8_t* target) {
  size_t offset = 0;
  for (; offset + kBlock <= bytes; offset += kBlock) {
    __m256i low_first = _mm256_setzero_si256(), high_first = low_first;  // of bytes 0 to 7
    __m256i low_last = low_first, high_last = low_first;                 // of bytes 8 to 15
    for (int row = 0; row < count; row += 2) {
      const bool pair = row + 1 < count;
      const int32_t weight = weights[row], next = pair ? weights[row + 1] : 0;
      const auto* one = reinterpret_cast<const __m128i*>(rows[row] + offset);
      const auto* other = pair ? reinterpret_cast<const __m128i*>(rows[row + 1] + offset) : one;
      const __m128i here = _mm_loadu_si128(one), there = _mm_loadu_si128(other);
      const __m256i first = _mm256_cvtepu8_epi16(_mm_unpacklo_epi8(here, there));
      const __m256i last = _mm256_cvtepu8_epi16(_mm_unpackhi_epi8(here, there));
      const __m256i low = Pairs(LowOf(weight), LowOf(next)), high = Pairs(HighOf(weight), HighOf(next));
      low_first = _mm256_add_epi32(low_first, _mm256_madd_epi16(first, low));
      high_first = _mm256_add_epi32(high_first, _mm256_madd_epi16(first, high));
      low_last = _mm256_add_epi32(low_last, _mm256_madd_epi16(last, low));
      high_last = _mm256_add_epi32(high_last, _mm256_madd_epi16(last, high));
    }
    // Packing works on halves apart; the permutation puts their quarters back in order.
    const __m256i words = _mm256_permute4x64_epi64(
        _mm256_packs_epi32(Together(low_first, high_first), Together(low_last, high_last)), 0xD8);
    const __m128i clipped = _mm_packus_epi16(_mm256_castsi256_si128(words), _mm256_extracti128_si256(words, 1));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(target + offset), clipped);
  }
  return offset;
}

}  // namespace lotmark::image::avx2

#endif
