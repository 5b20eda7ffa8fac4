// Resizing, bit for bit as Pillow does it (Image.resize with reducing_gap=None).
//
// Two passes: along the rows first, rounded to bytes, then down the columns; a pass whose axis keeps its size is left
// out. That is the order of every Pillow up to 12.1. Later ones go down the columns first for some shapes: 12.2
// and 12.3 where the source is over 100 times as high as wide and gets lower, 13.0.0 where target height < source
// height and (source height - target height) > 2 * (source width - target width), measured on 5,740 random shapes.
// There some bytes differ by 1 between versions; never where a square becomes a square. One order, always, keeps old
// digests true.
//
// Source rows are stretched one at a time, when the first target row needs them, into a
// ring that holds as many as one target row looks at.
// *Memory*: the target, the weights, and ring rows of the target's width (source height / target height * 2 + 1 of
// them).
#pragma once

#include "base/result.h"
#include "image/pixels.h"
#include "manifest/preprocessing.h"

namespace lotmark::image {

// kMachine: no memory. REQUIRES: all sides at least 1.
Result<RgbImage> Resize(const RgbView& source, int width, int height, manifest::ResizeFilter filter);

}  // namespace lotmark::image
