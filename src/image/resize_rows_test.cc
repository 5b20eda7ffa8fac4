#include "image/resize_rows.h"

#include <gtest/gtest.h>

#include <random>

#include "image/pixels.h"

namespace lotmark::image {
namespace {

class ResizeRows : public testing::Test {
 protected:
  void SetUp() override {
    if (BestInstructions() == Instructions::kPortable) GTEST_SKIP() << "this processor has no AVX2";
  }
  // Exactly so long, so that a sanitizer sees a read behind it.
  std::vector<uint8_t> Noise(size_t bytes) {
    std::vector<uint8_t> noise(bytes);
    for (uint8_t& byte : noise) byte = static_cast<uint8_t>(random_() % 3 == 0 ? 255 * (random_() % 2) : random_());
    return noise;
  }
  std::mt19937 random_{20261125};
};

// A sharpening filter: weights below zero and above one, sums that have to be clipped at both ends.
AxisWeights Sharpened(AxisWeights axis) {
  for (size_t i = 0; i < axis.windows.size(); ++i) {
    int32_t* weights = axis.weights.data() + i * static_cast<size_t>(axis.stride);
    const int count = axis.windows[i].count;
    if (count < 3) continue;
    weights[0] -= 1 << 21;
    weights[count / 2] += 1 << 22;
    weights[count - 1] -= 1 << 21;
  }
  return axis;
}

TEST_F(ResizeRows, StretchingGivesTheSameBytesWithAllInstructions) {
  size_t compared = 0;
  for (const int in : {1, 2, 3, 5, 6, 7, 8, 16, 33, 96, 97, 450, 600, 4032}) {
    for (const int out : {1, 2, 5, 31, 96, 224, 380}) {
      const AxisWeights plain = ComputeWeights(in, out, manifest::ResizeFilter::kBilinear);
      for (const AxisWeights& axis : {plain, Sharpened(plain)}) {
        const std::vector<uint8_t> source = Noise(static_cast<size_t>(in) * kChannels);
        std::vector<uint8_t> portable(static_cast<size_t>(out) * kChannels), fast = portable;
        RowStretcher(axis, in, Instructions::kPortable).Stretch(source.data(), portable.data());
        RowStretcher(axis, in, Instructions::kAvx2).Stretch(source.data(), fast.data());
        ASSERT_EQ(fast, portable) << in << " to " << out;
        ++compared;
      }
    }
  }
  EXPECT_EQ(compared, 14u * 7u * 2u);
}

TEST_F(ResizeRows, BlendingGivesTheSameBytesWithAllInstructions) {
  for (const size_t bytes : {1, 15, 16, 17, 31, 32, 33, 288, 1140}) {
    for (const int count : {1, 2, 3, 9, 10, 84}) {
      std::vector<std::vector<uint8_t>> content;
      std::vector<const uint8_t*> rows;
      std::vector<int32_t> weights;
      const int32_t most = (1 << 23) / count;  // so that the sum of 255 times each fits
      for (int i = 0; i < count; ++i) {
        content.push_back(Noise(bytes));
        rows.push_back(content.back().data());
        weights.push_back(static_cast<int32_t>(random_() % static_cast<unsigned>(2 * most)) - most);
      }
      std::vector<uint8_t> portable(bytes), fast(bytes);
      BlendRows(rows.data(), weights.data(), count, bytes, portable.data(), Instructions::kPortable);
      BlendRows(rows.data(), weights.data(), count, bytes, fast.data(), Instructions::kAvx2);
      ASSERT_EQ(fast, portable) << bytes << " bytes of " << count << " rows";
    }
  }
}

}  // namespace
}  // namespace lotmark::image
