// The loops of resize_rows.h with AVX2, on x86-64 only. Inside this room only.
//
// AVX2 multiplies 16-bit numbers and adds them in pairs, sixteen at once; 32-bit ones cost several times as much. So a
// 22-bit weight is taken apart into high * 2^11 + low, which both fit, and the two sums are put together at the end.
// All of it is arithmetic modulo 2^32, so the result is the same integer, bit for bit, in whatever order it is added.
//
// REQUIRES, of all: the processor has AVX2.
#pragma once

#if defined(__x86_64__)

#include <cstddef>
#include <cstdint>
#include <vector>

#include "image/resize_weights.h"

namespace lotmark::image::avx2 {

constexpr int kTaps = 4;  // pixels at a time

// Times that the loop goes round for a window.
constexpr int RoundsOf(const AxisWeights::Window& window) { return (window.count + kTaps - 1) / kTaps; }
// The bytes from the row's begin to the end of what the loop reads for a window.
constexpr size_t ReadsUpTo(const AxisWeights::Window& window) {
  return static_cast<size_t>(window.first + kTaps * (RoundsOf(window) - 1)) * 3 + 16;
}

// The weights of one window as StretchRow reads them, appended to `prepared`.
void Prepare(const int32_t* weights, const AxisWeights::Window& window, std::vector<int16_t>& prepared);

// The first `windows` pixels of a stretched row. REQUIRES: the row has ReadsUpTo bytes for each of them.
void StretchRow(const uint8_t* source, const AxisWeights& axis, size_t windows, const int16_t* prepared,
                uint8_t* target);

// As image::BlendRows for as many bytes as can be taken at once; returns how many.
size_t BlendRows(const uint8_t* const* rows, const int32_t* weights, int count, size_t bytes, uint8_t* target);

}  // namespace lotmark::image::avx2

#endif
