#include "manifest/preprocessing.h"

#include <charconv>

namespace lotmark::manifest {
namespace {

// The shortest text that reads back as the same float32: one spelling for one value.
std::string Shortest(float value) {
  char text[32];
  const auto end = std::to_chars(std::begin(text), std::end(text), value);
  return std::string(text, end.ptr);
}

std::string Triple(const std::array<float, 3>& values) {
  return Shortest(values[0]) + " " + Shortest(values[1]) + " " + Shortest(values[2]);
}

}  // namespace

std::string Preprocessing::Canonical() const {
  std::string text = "lotmark preprocessing 1\ndecode rgb8\n";
  text += std::string("exif_orientation ") + (exif_orientation == ExifOrientation::kApply ? "apply" : "ignore") + "\n";
  text += std::string("crop ") + (crop == Crop::kCenterSquare ? "center_square" : "none") + "\n";
  text += "resize " + std::to_string(width) + " " + std::to_string(height) + " bilinear\n";
  text += "divisor " + Shortest(divisor) + "\n";
  text += "mean " + Triple(mean) + "\n";
  text += "std " + Triple(std) + "\n";
  text += std::string("layout ") + (layout == Layout::kNchw ? "NCHW" : "NHWC") + "\n";
  return text;
}

}  // namespace lotmark::manifest
