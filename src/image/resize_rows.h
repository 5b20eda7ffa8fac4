// The two inner loops of Resize: all of its time goes there, and only there would a processor's own instructions help.
// Inside this room only.
#pragma once

#include <cstddef>
#include <cstdint>

#include "image/resize_weights.h"

namespace lotmark::image {

// One row along its length: `target` gets axis.windows.size() RGB pixels.
void StretchRow(const uint8_t* source, const AxisWeights& axis, uint8_t* target);

// One target row from `count` rows, each with its weight: byte i of `target` from byte i of every row.
void BlendRows(const uint8_t* const* rows, const int32_t* weights, int count, size_t bytes, uint8_t* target);

}  // namespace lotmark::image
