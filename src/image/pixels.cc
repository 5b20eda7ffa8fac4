#include "image/pixels.h"

#include <fmt/format.h>

#include <new>

namespace lotmark::image {

Result<RgbImage> RgbImage::Allocate(int width, int height) {
  RgbImage image{width, height, {}};
  const size_t bytes = image.row_bytes() * static_cast<size_t>(height);
  try {
    image.rgb.resize(bytes);
  } catch (const std::bad_alloc&) {
    return MachineFailed(fmt::format("image: {}x{} pixels: no memory for {} bytes", width, height, bytes));
  }
  return image;
}

}  // namespace lotmark::image
