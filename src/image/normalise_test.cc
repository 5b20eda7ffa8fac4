#include "image/normalise.h"

#include <gtest/gtest.h>

namespace lotmark::image {
namespace {

manifest::Preprocessing Values(float divisor, std::array<float, 3> mean, std::array<float, 3> std) {
  manifest::Preprocessing preprocessing;
  preprocessing.divisor = divisor;
  preprocessing.mean = mean;
  preprocessing.std = std;
  return preprocessing;
}

TEST(NormaliseTable, RoundsEachStepToFloat32) {
  const NormaliseTable table = MakeNormaliseTable(Values(255, {0.485f, 0.456f, 0.406f}, {0.229f, 0.224f, 0.225f}));
  for (size_t c = 0; c < 3; ++c) {
    const float mean[] = {0.485f, 0.456f, 0.406f}, std[] = {0.229f, 0.224f, 0.225f};
    for (size_t value = 0; value < 256; ++value) {
      // volatile: every intermediate result is stored, and so rounded.
      volatile float step = static_cast<float>(value) / 255.0f;
      step = step - mean[c];
      step = step / std[c];
      ASSERT_EQ(table[c][value], step) << c << " " << value;
    }
  }
}

TEST(NormaliseTable, MapsToMinusOneToOne) {
  const NormaliseTable table = MakeNormaliseTable(Values(1, {127.5f, 127.5f, 127.5f}, {127.5f, 127.5f, 127.5f}));
  EXPECT_EQ(table[0][0], -1.0f);
  EXPECT_EQ(table[1][255], 1.0f);
  EXPECT_EQ(table[2][128], 0.5f / 127.5f);
}

TEST(Normalise, OrdersByLayout) {
  const NormaliseTable table = MakeNormaliseTable(Values(1, {0, 10, 20}, {1, 1, 2}));
  const RgbImage image{2, 1, {1, 2, 3, 4, 5, 6}};
  EXPECT_EQ(Normalise(image, table, manifest::Layout::kNchw), (std::vector<float>{1, 4, -8, -5, -8.5f, -7}));
  EXPECT_EQ(Normalise(image, table, manifest::Layout::kNhwc), (std::vector<float>{1, -8, -8.5f, 4, -5, -7}));
}

}  // namespace
}  // namespace lotmark::image
