// The decoders behind DecodeImage, one per format. Inside this room only.
#pragma once

#include "base/bytes.h"
#include "base/result.h"
#include "image/decode.h"

namespace lotmark::image {

// REQUIRES: `encoded` starts with the format's magic bytes and is within limits.max_bytes. Errors as DecodeImage.
Result<DecodedImage> DecodeJpeg(ByteView encoded, const DecodeLimits& limits);
Result<DecodedImage> DecodePng(ByteView encoded, const DecodeLimits& limits);

}  // namespace lotmark::image
