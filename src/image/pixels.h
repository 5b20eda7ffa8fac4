// Pixels in memory: RgbImage owns them, RgbView looks at a rectangle of them without a copy.
//
// Format: 8 bits a channel, red-green-blue interleaved, rows from the top, no padding inside an RgbImage.
// *Memory*: an RgbImage takes exactly width * height * 3 bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"

namespace lotmark::image {

inline constexpr int kChannels = 3;

struct RgbImage {
  int width = 0;
  int height = 0;
  std::vector<uint8_t> rgb;  // width * height * 3

  // Black pixels. kMachine: no memory. REQUIRES: width and height at least 1.
  static Result<RgbImage> Allocate(int width, int height);

  size_t row_bytes() const { return static_cast<size_t>(width) * kChannels; }
  uint8_t* Row(int y) { return rgb.data() + static_cast<size_t>(y) * row_bytes(); }
  const uint8_t* Row(int y) const { return rgb.data() + static_cast<size_t>(y) * row_bytes(); }
};

// Borrows: the image must outlive the view.
class RgbView {
 public:
  RgbView(const RgbImage& image)  // NOLINT: implicit by design, as a span is
      : RgbView(image.rgb.data(), image.width, image.height, image.row_bytes()) {}

  int width() const { return width_; }
  int height() const { return height_; }
  size_t row_bytes() const { return static_cast<size_t>(width_) * kChannels; }
  const uint8_t* Row(int y) const { return first_ + static_cast<size_t>(y) * stride_; }

  // REQUIRES: the rectangle lies inside this view.
  RgbView Crop(int left, int top, int width, int height) const {
    return RgbView(Row(top) + static_cast<size_t>(left) * kChannels, width, height, stride_);
  }

 private:
  RgbView(const uint8_t* first, int width, int height, size_t stride)
      : first_(first), width_(width), height_(height), stride_(stride) {}

  const uint8_t* first_;
  int width_;
  int height_;
  size_t stride_;  // bytes from one row to the next
};

}  // namespace lotmark::image
