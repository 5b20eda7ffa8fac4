// The decoders behind DecodeImage, one per format. Inside this room only.
#pragma once

#include <algorithm>
#include <cstdint>

#include "base/bytes.h"
#include "base/result.h"
#include "image/decode.h"

namespace lotmark::image {

// REQUIRES: `encoded` starts with the format's magic bytes and is within limits.max_bytes. Errors as DecodeImage.
Result<DecodedImage> DecodeJpeg(ByteView encoded, const DecodeLimits& limits);
Result<DecodedImage> DecodePng(ByteView encoded, const DecodeLimits& limits);

// As DecodeMemoryNeed, under the same requirement.
Result<uint64_t> JpegMemoryNeed(ByteView encoded, const DecodeLimits& limits);
Result<uint64_t> PngMemoryNeed(ByteView encoded, const DecodeLimits& limits);

// `pixels` twice: as stored, and turned upright or, before that, as the decoder's own `work`.
inline uint64_t PeakBytes(int64_t width, int64_t height, uint64_t work) {
  const uint64_t pixels = static_cast<uint64_t>(width) * static_cast<uint64_t>(height) * kChannels;
  return pixels + std::max(pixels, work);
}

}  // namespace lotmark::image
