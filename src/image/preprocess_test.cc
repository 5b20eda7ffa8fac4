#include "image/preprocess.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <cstring>

#include "image/testing/test_files.h"

namespace lotmark::image {
namespace {

using testing::HasSubstr;

// The values that tools/image_vectors/make_vectors.py normalises with.
manifest::Preprocessing ImageNet(int width, int height) {
  manifest::Preprocessing preprocessing;
  preprocessing.width = width;
  preprocessing.height = height;
  preprocessing.mean = {0.485f, 0.456f, 0.406f};
  preprocessing.std = {0.229f, 0.224f, 0.225f};
  return preprocessing;
}

manifest::Preprocessing FromVector(const Json& input) {
  manifest::Preprocessing preprocessing = ImageNet(input["width"], input["height"]);
  if (input["crop"] == "center_square") preprocessing.crop = manifest::Crop::kCenterSquare;
  if (input["layout"] == "NHWC") preprocessing.layout = manifest::Layout::kNhwc;
  return preprocessing;
}

Digest TensorDigest(const std::vector<float>& tensor) {
  return Sha256Of(ByteView(reinterpret_cast<const uint8_t*>(tensor.data()), tensor.size() * sizeof(float)));
}

TEST(Preprocess, EqualsPillowAndNumpyOnEveryFile) {
  const Json vectors = TestVectors();
  int compared = 0;
  for (const Json& vector : vectors["files"]) {
    const Bytes file = TestFile(vector["file"]);
    for (const Json& input : vector["inputs"]) {
      SCOPED_TRACE(vector["file"].dump() + input.dump());
      const auto done = Preprocess(file, FromVector(input));
      ASSERT_TRUE(done) << done.error().text;
      EXPECT_EQ(done->pixels_sha256.hex(), input["pixels_sha256"].get<std::string>());
      EXPECT_EQ(TensorDigest(done->tensor).hex(), input["tensor_sha256"].get<std::string>());
      const double sharpness = input["sharpness"];
      EXPECT_NEAR(done->quality.sharpness, sharpness, 1e-9 * sharpness + 1e-9);
      EXPECT_NEAR(done->quality.brightness, input["brightness"].get<double>(), 1e-9);
      EXPECT_EQ(done->quality.width, vector["upright_size"][0]);
      EXPECT_EQ(done->quality.height, vector["upright_size"][1]);
      ++compared;
    }
  }
  EXPECT_GE(compared, 300);
}

TEST(Preprocess, IgnoresOrientationWhereTheManifestSaysSo) {
  manifest::Preprocessing preprocessing = ImageNet(20, 20);
  preprocessing.exif_orientation = manifest::ExifOrientation::kIgnore;
  const auto stored = Preprocess(TestFile("turned_1.jpg"), preprocessing).value();
  const auto turned = Preprocess(TestFile("turned_6.jpg"), preprocessing).value();
  EXPECT_EQ(turned.pixels_sha256, stored.pixels_sha256);
  EXPECT_EQ(turned.quality.width, stored.quality.width);
}

TEST(Preprocess, MeasuresTime) {
  const auto done = Preprocess(TestFile("jpeg_600x450.jpg"), ImageNet(380, 380)).value();
  EXPECT_GT(done.decode_time.count(), 0);
  EXPECT_GT(done.preprocess_time.count(), 0);
}

TEST(Preprocess, PassesRefusalsOn) {
  const auto refused = Preprocess(TestFile("jpeg_8x8.jpg"), ImageNet(10, 10), {.max_pixels = 63});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kTooLarge);
  EXPECT_THAT(refused.error().text, HasSubstr("8x8 pixels"));
}

// Real dermoscopy photos, where a copy of them lies beside the repository or LOTMARK_REALDATA names one.
std::filesystem::path RealImages() {
  const char* folder = std::getenv("LOTMARK_REALDATA");
  const std::filesystem::path base =
      folder != nullptr ? folder : std::filesystem::path(LOTMARK_SOURCE_DIR) / "../shared/realdata";
  return base / "images/ham10000";
}

TEST(Preprocess, ReadsRealDermoscopyImages) {
  if (!std::filesystem::is_directory(RealImages())) GTEST_SKIP() << "no real data at " << RealImages();
  manifest::Preprocessing preprocessing = ImageNet(224, 224);
  preprocessing.crop = manifest::Crop::kCenterSquare;
  int images = 0;
  for (const auto& entry : std::filesystem::directory_iterator(RealImages())) {
    SCOPED_TRACE(entry.path());
    const auto done = Preprocess(ReadWholeFile(entry.path()), preprocessing);
    ASSERT_TRUE(done) << done.error().text;
    EXPECT_EQ(done->tensor.size(), 3u * 224 * 224);
    EXPECT_GE(done->quality.width, 400);
    EXPECT_GT(done->quality.sharpness, 1);
    EXPECT_GT(done->quality.brightness, 60);
    EXPECT_LT(done->quality.brightness, 240);
    ++images;
  }
  EXPECT_EQ(images, 27);
}

}  // namespace
}  // namespace lotmark::image
