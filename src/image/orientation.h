// How a camera held the picture: reads the tag, and turns pixels upright.
//
// Why the parser is our own: all that matters is one small number, and the bytes around it come from strangers. Nothing
// here can fail: a tag that is absent, damaged or out of range means "as stored", as Pillow's ImageOps.exif_transpose
// has it (Pillow raises on some damaged EXIF; here the picture then stays as stored). Not read, where Pillow does: EXIF
// as hexadecimal text inside a PNG ("Raw profile type exif", an old habit of ImageMagick).
#pragma once

#include <cstdint>
#include <optional>

#include "base/bytes.h"
#include "base/result.h"
#include "image/pixels.h"

namespace lotmark::image {

// The values of EXIF tag 0x0112: what to do with the stored pixels to see them upright.
enum class Orientation : uint8_t {
  kAsStored = 1,
  kFlipLeftRight = 2,
  kRotate180 = 3,
  kFlipTopBottom = 4,
  kTranspose = 5,  // rows become columns
  kRotateClockwise = 6,
  kTransverse = 7,  // rows become columns, from the other corner
  kRotateCounterclockwise = 8,
};

// kAsStored for anything that is not 1 to 8.
Orientation ToOrientation(std::optional<uint32_t> tag);

// The tag's value in the first directory of an EXIF block (TIFF bytes, with or without leading "Exif\0\0").
std::optional<uint32_t> ExifOrientationTag(ByteView exif);

// The value of `tiff:Orientation` in an XMP packet: Pillow takes it where EXIF has no such tag.
std::optional<uint32_t> XmpOrientationTag(ByteView xmp);

// `image` turned upright. *Memory*: holds both images for a moment, unless the orientation is kAsStored.
// kMachine: no memory.
Result<RgbImage> Upright(RgbImage image, Orientation orientation);

}  // namespace lotmark::image
