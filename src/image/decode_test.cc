// What DecodeImage makes of whole images, against Pillow's digests, and what it refuses by its limits.
#include "image/decode.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/digest.h"
#include "image/testing/test_files.h"

namespace lotmark::image {
namespace {

using testing::HasSubstr;

TEST(DecodeImage, EqualsPillowOnEveryKindOfFile) {
  const Json vectors = TestVectors();
  int compared = 0;
  for (const Json& vector : vectors["files"]) {
    const std::string name = vector["file"];
    SCOPED_TRACE(name);
    auto decoded = DecodeImage(TestFile(name));
    ASSERT_TRUE(decoded) << decoded.error().text;
    EXPECT_EQ(decoded->format, name.ends_with(".png") ? Format::kPng : Format::kJpeg);
    EXPECT_EQ(decoded->pixels.width, vector["size"][0]);
    EXPECT_EQ(decoded->pixels.height, vector["size"][1]);
    EXPECT_EQ(Sha256Of(decoded->pixels.rgb).hex(), vector["decoded_sha256"].get<std::string>());

    const RgbImage upright = Upright(std::move(decoded->pixels), decoded->orientation).value();
    EXPECT_EQ(upright.width, vector["upright_size"][0]);
    EXPECT_EQ(Sha256Of(upright.rgb).hex(), vector["upright_sha256"].get<std::string>());
    ++compared;
  }
  EXPECT_GE(compared, 100);
}

void ExpectRefused(ByteView bytes, ErrorCode code, const std::string& text, const DecodeLimits& limits = {}) {
  const auto decoded = DecodeImage(bytes, limits);
  ASSERT_FALSE(decoded);
  EXPECT_EQ(decoded.error().code, code) << decoded.error().text;
  EXPECT_THAT(decoded.error().text, HasSubstr(text));
}

TEST(DecodeImage, RefusesWhatIsNoImage) {
  ExpectRefused({}, ErrorCode::kRefused, "image: empty");
  ExpectRefused(AsBytes("GIF89a..."), ErrorCode::kRefused,
                "neither JPEG nor PNG: it starts with the bytes 474946383961");
  ExpectRefused(AsBytes("\xff\xd8"), ErrorCode::kRefused, "neither JPEG nor PNG: it starts with the bytes ffd8");
  ExpectRefused(AsBytes("\xff\xd8\xff"), ErrorCode::kRefused, "image: JPEG: cannot be decoded");
  ExpectRefused(AsBytes("\x89PNG\r\n\x1a\n"), ErrorCode::kRefused, "image: PNG: cut off");
}

TEST(DecodeImage, TypeIsDecidedByContentNotByHope) {
  Bytes png_with_jpeg_start = TestFile("png_2x2.png");
  png_with_jpeg_start[0] = 0xff;
  png_with_jpeg_start[1] = 0xd8;
  png_with_jpeg_start[2] = 0xff;
  ExpectRefused(png_with_jpeg_start, ErrorCode::kRefused, "image: JPEG: cannot be decoded");
}

TEST(DecodeImage, RefusesTooManyBytes) {
  const Bytes file = TestFile("jpeg_8x8.jpg");
  ExpectRefused(file, ErrorCode::kTooLarge, "over the limit of 100 bytes", {.max_bytes = 100});
  EXPECT_TRUE(DecodeImage(file, {.max_bytes = file.size()}));
}

TEST(DecodeImage, RefusesTooManyPixels) {
  const Bytes file = TestFile("jpeg_17x33.jpg");
  ExpectRefused(file, ErrorCode::kTooLarge, "image: 17x33 pixels: over the limit of 560 pixels", {.max_pixels = 560});
  EXPECT_TRUE(DecodeImage(file, {.max_pixels = 561}));
  ExpectRefused(TestFile("png_3x400.png"), ErrorCode::kTooLarge, "3x400 pixels: a side is over the limit of 399",
                {.max_side = 399});
}

TEST(CheckSize, CannotOverflow) {
  constexpr int64_t kMax = 0xffffffff;
  EXPECT_FALSE(CheckSize(kMax, kMax, {}));
  EXPECT_FALSE(CheckSize(1, kMax, {}));
  EXPECT_TRUE(CheckSize(1, 65500, {}));
  EXPECT_TRUE(CheckSize(10000, 5000, {}));
  EXPECT_FALSE(CheckSize(10000, 5001, {}));
}

}  // namespace
}  // namespace lotmark::image
