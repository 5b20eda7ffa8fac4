#include "image/resize.h"

#include <gtest/gtest.h>

#include "base/digest.h"
#include "image/crop.h"
#include "image/resize_weights.h"
#include "image/testing/test_files.h"

namespace lotmark::image {
namespace {

constexpr auto kBilinear = manifest::ResizeFilter::kBilinear;

// tools/image_vectors/resize_cases.py has the same formula in Python.
uint8_t PatternByte(const std::string& pattern, uint32_t seed, uint32_t i) {
  if (pattern == "ramp") return static_cast<uint8_t>(i / 3);
  uint32_t x = i * 2654435761u + seed;
  x ^= x >> 16;
  x *= 2246822519u;
  x ^= x >> 13;
  if (pattern == "steps") return x >> 31 ? 255 : 0;
  return static_cast<uint8_t>(x >> 24);
}

RgbImage Pattern(const std::string& pattern, uint32_t seed, int width, int height) {
  RgbImage image = RgbImage::Allocate(width, height).value();
  for (uint32_t i = 0; i < image.rgb.size(); ++i) image.rgb[i] = PatternByte(pattern, seed, i);
  return image;
}

RgbImage Copy(const RgbView& view) {
  RgbImage copy = RgbImage::Allocate(view.width(), view.height()).value();
  for (int y = 0; y < view.height(); ++y) std::copy_n(view.Row(y), view.row_bytes(), copy.Row(y));
  return copy;
}

TEST(Resize, EqualsPillowBitForBit) {
  const Json vectors = TestVectors();
  int compared = 0;
  for (const Json& vector : vectors["resize"]) {
    SCOPED_TRACE(vector.dump());
    ASSERT_EQ(vector["filter"], "bilinear");
    const RgbImage source = Pattern(vector["pattern"], vector["seed"], vector["source"][0], vector["source"][1]);
    const auto target = Resize(source, vector["target"][0], vector["target"][1], kBilinear);
    ASSERT_TRUE(target);
    EXPECT_EQ(Sha256Of(target->rgb).hex(), vector["sha256"].get<std::string>());
    ++compared;
  }
  EXPECT_GE(compared, 300);
}

TEST(Resize, SameSizeIsTheSameImage) {
  const RgbImage source = Pattern("noise", 7, 33, 21);
  EXPECT_EQ(Resize(source, 33, 21, kBilinear)->rgb, source.rgb);
}

TEST(Resize, OfACroppedViewEqualsThatOfACopy) {
  const RgbImage image = Pattern("noise", 3, 90, 64);
  const RgbView view = RgbView(image).Crop(13, 5, 61, 40);
  const RgbImage copy = Copy(view);
  for (const auto& [width, height] : {std::pair{20, 30}, {61, 20}, {20, 40}, {100, 90}, {61, 40}}) {
    EXPECT_EQ(Resize(view, width, height, kBilinear)->rgb, Resize(copy, width, height, kBilinear)->rgb)
        << width << "x" << height;
  }
}

TEST(Resize, KeepsAFlatColour) {
  RgbImage flat = RgbImage::Allocate(57, 31).value();
  for (size_t i = 0; i < flat.rgb.size(); ++i)
    flat.rgb[i] = static_cast<uint8_t>(i % 3 == 0 ? 255 : i % 3 == 1 ? 0 : 93);
  for (const auto& [width, height] : {std::pair{1, 1}, {10, 200}, {200, 10}, {56, 32}}) {
    const RgbImage target = Resize(flat, width, height, kBilinear).value();
    for (size_t i = 0; i < target.rgb.size(); ++i) ASSERT_EQ(target.rgb[i], flat.rgb[i % 3]) << width << "x" << height;
  }
}

TEST(ResizeWeights, SumToOneWithinRounding) {
  for (const auto& [in, out] : {std::pair{600, 380}, {3, 100}, {1, 1}, {65500, 7}, {7, 65500}}) {
    const AxisWeights axis = ComputeWeights(in, out, kBilinear);
    ASSERT_EQ(axis.windows.size(), static_cast<size_t>(out));
    for (int target = 0; target < out; ++target) {
      const auto [first, count] = axis.windows[static_cast<size_t>(target)];
      ASSERT_GE(first, 0);
      ASSERT_GE(count, 1);
      ASSERT_LE(count, axis.stride);
      ASSERT_LE(first + count, in);
      int64_t sum = 0;
      for (int i = 0; i < count; ++i) sum += axis.Of(target)[i];
      ASSERT_NEAR(static_cast<double>(sum), 1 << kWeightBits, count);
    }
  }
}

TEST(Crop, TakesTheCentredSquareWithTheSmallerMarginFirst) {
  const RgbImage wide = Pattern("noise", 1, 10, 5);
  const RgbView square = CenterSquare(wide);
  EXPECT_EQ(square.width(), 5);
  EXPECT_EQ(square.height(), 5);
  EXPECT_EQ(square.Row(0), wide.Row(0) + 2 * 3);

  const RgbImage tall = Pattern("noise", 1, 4, 7);
  EXPECT_EQ(CenterSquare(tall).Row(0), tall.Row(1));
  EXPECT_EQ(CenterSquare(tall).height(), 4);
}

TEST(Crop, NoneIsTheWholePicture) {
  const RgbImage wide = Pattern("noise", 1, 10, 5);
  const RgbView all = Cropped(wide, manifest::Crop::kNone);
  EXPECT_EQ(all.Row(0), wide.Row(0));
  EXPECT_EQ(all.width(), 10);
  EXPECT_EQ(all.height(), 5);
}

}  // namespace
}  // namespace lotmark::image
