// From the bytes of an image file to RGB pixels: the same pixels that Pillow's `Image.open(f).convert("RGB")` gives.
//
// Why the same: models are trained on Pillow's pixels (design: preprocessing is part of the model). What Pillow would
// silently guess or repair is refused here instead, because a repaired image is a wrong answer nobody sees.
//
// The type is decided by the first bytes, never by a name or a content type:
//   JPEG  8 bits, baseline, extended or progressive, Huffman or arithmetic; grey, YCbCr, RGB, CMYK and YCCK. CMYK is
//         taken as Adobe writes it (inverted) and turned to RGB by Pillow's formula. "islow" transform, "fancy"
//         upsampling. Any warning of the decoder (premature end, bytes left over, bad code, ...) is a refusal, except
//         an unknown JFIF revision number, which changes no pixel. Bytes after the end marker are ignored, as cameras
//         append previews there. More than 64 progressive scans are refused: each costs a pass over the image.
//   PNG   every type and depth, interlaced or not, except 16-bit grey, which is refused: what it means in 8 bits is not
//         defined (Pillow cuts everything above 255 to white). Other 16-bit samples keep their high byte. Alpha and
//         transparent colours are dropped; gamma and colour profiles are ignored; a palette index beyond the palette is
//         black. A wrong checksum of any chunk is a refusal, and so is a file without its end chunk.
//
// The header is read first, and an image over the limits is refused before its pixels are allocated.
// *Memory*: the pixels (3 bytes each); a progressive JPEG takes up to 8 bytes a pixel more while it is decoded.
// DecodeMemoryNeed tells beforehand.
// *Thread safety*: free functions without state; call from any thread.
#pragma once

#include <cstdint>

#include "base/bytes.h"
#include "base/result.h"
#include "image/orientation.h"
#include "image/pixels.h"

namespace lotmark::image {

struct DecodeLimits {
  size_t max_bytes = size_t{16} << 20;  // of the encoded image
  int64_t max_pixels = 50'000'000;
  int max_side = 65'500;  // pixels; what JPEG can hold
};

enum class Format { kJpeg, kPng };

struct DecodedImage {
  RgbImage pixels;  // as stored: the orientation is not applied (see Upright)
  Format format = Format::kJpeg;
  Orientation orientation = Orientation::kAsStored;  // EXIF, else XMP
};

// kTooLarge: over a limit (the text says size and limit). kRefused: not an image of these kinds, or damaged.
// kMachine: no memory.
Result<DecodedImage> DecodeImage(ByteView encoded, const DecodeLimits& limits = {});

// An upper bound of the memory, in bytes, that decoding this image and turning it upright take, told by its header
// alone: 6 a pixel, a progressive JPEG up to 11, and the decoder's own buffers. Errors as DecodeImage; what lies behind
// the header may still be damaged.
Result<uint64_t> DecodeMemoryNeed(ByteView encoded, const DecodeLimits& limits = {});

// kTooLarge when an image of this size is over the limits. REQUIRES: neither side is negative.
Status CheckSize(int64_t width, int64_t height, const DecodeLimits& limits);

}  // namespace lotmark::image
