#include "manifest/preprocessing.h"

#include <gtest/gtest.h>

#include <cmath>

#include "manifest/manifest.h"
#include "manifest/testing/test_data.h"

namespace lotmark::manifest {
namespace {

Preprocessing Imagenet() {
  Preprocessing p;
  p.crop = Crop::kCenterSquare;
  p.width = 380;
  p.height = 380;
  p.mean = {0.485f, 0.456f, 0.406f};
  p.std = {0.229f, 0.224f, 0.225f};
  return p;
}

TEST(Preprocessing, HasOneCanonicalText) {
  EXPECT_EQ(Imagenet().Canonical(),
            "lotmark preprocessing 1\n"
            "decode rgb8\n"
            "exif_orientation apply\n"
            "crop center_square\n"
            "resize 380 380 bilinear\n"
            "divisor 255\n"
            "mean 0.485 0.456 0.406\n"
            "std 0.229 0.224 0.225\n"
            "layout NCHW\n");
}

TEST(Preprocessing, EveryFieldThatChangesTheTensorChangesTheText) {
  std::vector<Preprocessing> variants(9, Imagenet());
  variants[1].exif_orientation = ExifOrientation::kIgnore;
  variants[2].crop = Crop::kNone;
  variants[3].width = 379;
  variants[4].height = 381;
  variants[5].divisor = 1.0f;
  variants[6].mean[2] = std::nextafter(0.406f, 1.0f);
  variants[7].std[0] = 0.25f;
  variants[8].layout = Layout::kNhwc;
  for (size_t i = 0; i < variants.size(); ++i) {
    for (size_t j = 0; j < i; ++j) EXPECT_NE(variants[i].Canonical(), variants[j].Canonical()) << i << " " << j;
  }
}

TEST(Preprocessing, QualityThresholdsDoNotChangeTheText) {
  Preprocessing p = Imagenet();
  p.quality.min_sharpness = 100;
  EXPECT_EQ(p.Canonical(), Imagenet().Canonical());
}

TEST(Preprocessing, TwoSpellingsOfOneValueHaveOneText) {
  const auto canonical = [](const std::string& text) {
    return Manifest::Parse(text)->artifact(Format::kOnnx)->preprocessing->Canonical();
  };
  const std::string text = testing::FullText();
  const std::string plain = canonical(testing::Replaced(text, "[0.485, 0.456, 0.406]", "[0.5, 0, 0.25]"));
  EXPECT_EQ(canonical(testing::Replaced(text, "[0.485, 0.456, 0.406]", "[5e-1, -0.0, 0.250000000001]")), plain);
}

}  // namespace
}  // namespace lotmark::manifest
