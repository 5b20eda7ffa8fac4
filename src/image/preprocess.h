// Everything that happens to an image before a model sees it, in the manifest's order: decode, turn upright, crop,
// resize, normalise; with the quality measured on the way. doc/manifest.md "Preprocessing" is the specification.
//
// *Thread safety*: a free function without state; call from any thread.
// *Memory*: that of DecodeImage, the turned copy if there is one, and the model's input (3 bytes and 3 floats a pixel).
#pragma once

#include <chrono>
#include <vector>

#include "base/bytes.h"
#include "base/digest.h"
#include "base/result.h"
#include "image/decode.h"
#include "image/pixels.h"
#include "image/quality.h"
#include "manifest/preprocessing.h"

namespace lotmark::image {

struct Preprocessed {
  RgbImage pixels;            // after crop and resize, before they are normalised
  std::vector<float> tensor;  // 1 x 3 x height x width, or 1 x height x width x 3: the manifest's layout
  Digest pixels_sha256;       // of `pixels`, row by row, RGB interleaved
  Quality quality;
  Format format = Format::kJpeg;
  std::chrono::microseconds decode_time{0};      // decoding alone
  std::chrono::microseconds preprocess_time{0};  // all that follows
};

// Errors as DecodeImage. REQUIRES: `preprocessing` has passed the manifest's check.
Result<Preprocessed> Preprocess(ByteView encoded, const manifest::Preprocessing& preprocessing,
                                const DecodeLimits& limits = {});

}  // namespace lotmark::image
