#include "image/orientation.h"

#include <algorithm>

namespace lotmark::image {
namespace {

constexpr int kTile = 64;  // pixels; one tile of source and target stays in the first-level cache

// Where the target's pixel (0, 0) lies in the source, and how the source moves with the target's column and row: bytes.
struct Walk {
  ptrdiff_t start;
  ptrdiff_t per_column;
  ptrdiff_t per_row;
};

Walk WalkOf(const RgbImage& source, Orientation orientation) {
  const ptrdiff_t pixel = kChannels;
  const ptrdiff_t row = static_cast<ptrdiff_t>(source.row_bytes());
  const ptrdiff_t last_pixel = row - pixel;
  const ptrdiff_t last_row = row * (source.height - 1);
  switch (orientation) {
    case Orientation::kAsStored:
      return {0, pixel, row};
    case Orientation::kFlipLeftRight:
      return {last_pixel, -pixel, row};
    case Orientation::kRotate180:
      return {last_row + last_pixel, -pixel, -row};
    case Orientation::kFlipTopBottom:
      return {last_row, pixel, -row};
    case Orientation::kTranspose:
      return {0, row, pixel};
    case Orientation::kRotateClockwise:
      return {last_row, -row, pixel};
    case Orientation::kTransverse:
      return {last_row + last_pixel, -row, -pixel};
    case Orientation::kRotateCounterclockwise:
      return {last_pixel, row, -pixel};
  }
  return {0, pixel, row};
}

bool SwapsSides(Orientation orientation) { return orientation >= Orientation::kTranspose; }

void CopyTile(const RgbImage& source, const Walk& walk, int left, int top, RgbImage& target) {
  const int right = std::min(left + kTile, target.width);
  const int bottom = std::min(top + kTile, target.height);
  for (int y = top; y < bottom; ++y) {
    const uint8_t* from = source.rgb.data() + walk.start + walk.per_row * y + walk.per_column * left;
    uint8_t* to = target.Row(y) + static_cast<size_t>(left) * kChannels;
    for (int x = left; x < right; ++x, to += kChannels) {
      for (int c = 0; c < kChannels; ++c) to[c] = from[c];
      if (x + 1 < right) from += walk.per_column;
    }
  }
}

}  // namespace

Orientation ToOrientation(std::optional<uint32_t> tag) {
  if (!tag || *tag < 1 || *tag > 8) return Orientation::kAsStored;
  return static_cast<Orientation>(*tag);
}

Result<RgbImage> Upright(RgbImage image, Orientation orientation) {
  if (orientation == Orientation::kAsStored) return image;
  const bool swaps = SwapsSides(orientation);
  LOTMARK_ASSIGN_OR_RETURN(RgbImage upright,
                           RgbImage::Allocate(swaps ? image.height : image.width, swaps ? image.width : image.height));
  const Walk walk = WalkOf(image, orientation);
  for (int top = 0; top < upright.height; top += kTile) {
    for (int left = 0; left < upright.width; left += kTile) CopyTile(image, walk, left, top, upright);
  }
  return upright;
}

}  // namespace lotmark::image
