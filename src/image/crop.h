// Which part of the picture a model sees. A crop is a view: no pixel is copied.
#pragma once

#include <algorithm>

#include "image/pixels.h"
#include "manifest/preprocessing.h"

namespace lotmark::image {

// The largest centred square; where the margins cannot be equal, the left or upper one is a pixel smaller.
inline RgbView CenterSquare(const RgbView& image) {
  const int side = std::min(image.width(), image.height());
  return image.Crop((image.width() - side) / 2, (image.height() - side) / 2, side, side);
}

inline RgbView Cropped(const RgbView& image, manifest::Crop crop) {
  return crop == manifest::Crop::kCenterSquare ? CenterSquare(image) : image;
}

}  // namespace lotmark::image
