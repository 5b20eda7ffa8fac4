// The two inner loops of Resize: all of its time goes there, so they are written twice, once for every processor and
// once with the instructions that most x86-64 processors have. Both give the same bytes. Inside this room only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "image/resize_weights.h"

namespace lotmark::image {

enum class Instructions { kPortable, kAvx2 };
// What this processor has.
Instructions BestInstructions();

// Rows along their length: each of `source_width` RGB pixels becomes one of axis.windows.size().
// Thread safety: Stretch may be called by several threads.
class RowStretcher {
 public:
  // `axis` must outlive it. REQUIRES: the processor has the instructions.
  RowStretcher(const AxisWeights& axis, int source_width, Instructions instructions = BestInstructions());

  void Stretch(const uint8_t* source, uint8_t* target) const;

 private:
  const AxisWeights& axis_;
  // The weights as the AVX2 loop wants them, of the first `prepared_windows_` windows: the others lie so near to the
  // row's end that the loop would read behind it.
  size_t prepared_windows_ = 0;
  std::vector<int16_t> prepared_;
};

// One target row from `count` rows, each with its weight: byte i of `target` from byte i of every row.
// REQUIRES: the processor has the instructions.
void BlendRows(const uint8_t* const* rows, const int32_t* weights, int count, size_t bytes, uint8_t* target,
               Instructions instructions = BestInstructions());

}  // namespace lotmark::image
