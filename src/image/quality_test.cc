#include "image/quality.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace lotmark::image {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

RgbImage Grey(int width, int height, const std::vector<uint8_t>& values) {
  RgbImage image{width, height, {}};
  for (const uint8_t value : values) image.rgb.insert(image.rgb.end(), 3, value);
  return image;
}

TEST(Luma, RoundsAsPillow) {
  // Computed by Pillow's convert("L").
  const RgbImage image{5, 1, {255, 0, 0, 0, 255, 0, 0, 0, 255, 255, 255, 255, 12, 200, 77}};
  EXPECT_THAT(Luma(image), ElementsAre(76, 150, 29, 255, 130));
}

TEST(Quality, OfAFlatPictureIsBrightnessOnly) {
  const Quality quality = MeasureQuality(Grey(3, 2, {90, 90, 90, 90, 90, 90}), 640, 480);
  EXPECT_EQ(quality.sharpness, 0);
  EXPECT_EQ(quality.brightness, 90);
  EXPECT_EQ(quality.width, 640);
  EXPECT_EQ(quality.height, 480);
}

TEST(Quality, MirrorsAroundTheOutermostPixel) {
  // Laplacians of the row 0 0 8, mirrored to 0 | 0 0 8 | 0: 0, 8, -16; mean -8/3, mean square 320/3.
  const Quality quality = MeasureQuality(Grey(3, 1, {0, 0, 8}), 3, 1);
  EXPECT_DOUBLE_EQ(quality.sharpness, 320.0 / 3 - 64.0 / 9);
  const Quality turned = MeasureQuality(Grey(1, 3, {0, 0, 8}), 1, 3);
  EXPECT_DOUBLE_EQ(turned.sharpness, quality.sharpness);
}

TEST(Quality, OfOnePixelHasNoSharpness) { EXPECT_EQ(MeasureQuality(Grey(1, 1, {200}), 1, 1).sharpness, 0); }

TEST(QualityWarnings, NameEveryThresholdThatIsMissed) {
  const manifest::QualityThresholds thresholds{
      .min_sharpness = 20, .min_brightness = 30, .max_brightness = 230, .min_side = 96};
  EXPECT_THAT(QualityWarnings({12.3, 12, 640, 64}, thresholds),
              ElementsAre("sharpness 12.3 is below the model's 20", "brightness 12 is below the model's 30",
                          "the shorter side of 64 pixels is below the model's 96"));
  EXPECT_THAT(QualityWarnings({50, 240.25, 96, 640}, thresholds),
              ElementsAre("brightness 240.2 is above the model's 230"));
}

TEST(QualityWarnings, AreNoneAtTheThresholdsAndWithoutThem) {
  const manifest::QualityThresholds thresholds{
      .min_sharpness = 20, .min_brightness = 30, .max_brightness = 230, .min_side = 96};
  EXPECT_THAT(QualityWarnings({20, 30, 96, 96}, thresholds), IsEmpty());
  EXPECT_THAT(QualityWarnings({20, 230, 96, 96}, thresholds), IsEmpty());
  EXPECT_THAT(QualityWarnings({0, 0, 1, 1}, {}), IsEmpty());
}

}  // namespace
}  // namespace lotmark::image
