// DecodeMemoryNeed against what decoding really takes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>

#include "image/decode.h"
#include "image/testing/peak_memory.h"
#include "image/testing/png_writer.h"
#include "image/testing/test_files.h"

namespace lotmark::image {
namespace {

using testing::HasSubstr;

constexpr uint32_t kWidth = 5000, kHeight = 4000;
constexpr uint64_t kPixels = uint64_t{kWidth} * kHeight;

Bytes LargePng(uint8_t depth, uint8_t color_type, size_t bytes_per_pixel) {
  Bytes png = PngStart(kWidth, kHeight, depth, color_type);
  FinishPng(png, DeflatedZeros((kWidth * bytes_per_pixel + 1) * kHeight));
  return png;
}

// A file that claims to be this large: what it takes is taken before the decoder finds that its data end too soon.
Bytes LargeJpeg(const std::string& name, uint8_t frame_code) {
  Bytes jpeg = TestFile(name);
  const std::array<uint8_t, 2> marker{0xff, frame_code};
  const auto frame = std::search(jpeg.begin(), jpeg.end(), marker.begin(), marker.end());
  EXPECT_NE(frame, jpeg.end()) << name;
  const std::array<uint8_t, 4> size{kHeight >> 8, kHeight & 0xff, kWidth >> 8, kWidth & 0xff};
  std::copy(size.begin(), size.end(), frame + 5);
  return jpeg;
}

TEST(DecodeMemoryNeed, CoversWhatDecodingAndTurningTake) {
  const struct {
    const char* name;
    Bytes file;
    bool whole;
    uint64_t least;  // bytes a pixel
  } cases[] = {
      {"png", LargePng(8, 2, 3), true, 6},
      {"png of 16 bits with alpha", LargePng(16, 6, 8), true, 6},
      {"jpeg", LargeJpeg("jpeg_420_q75.jpg", 0xc0), false, 6},
      {"progressive jpeg", LargeJpeg("jpeg_444_progressive.jpg", 0xc2), false, 9},
      {"progressive jpeg of four colours", LargeJpeg("jpeg_ycck_progressive.jpg", 0xc2), false, 9},
  };
  for (const auto& one : cases) {
    SCOPED_TRACE(one.name);
    const auto need = DecodeMemoryNeed(one.file);
    ASSERT_TRUE(need) << need.error().text;
    EXPECT_GE(*need, one.least * kPixels);
    EXPECT_LE(*need, 12 * kPixels);

    const PeakMemory peak;
    auto decoded = DecodeImage(one.file);
    EXPECT_EQ(decoded.has_value(), one.whole) << (decoded ? "" : decoded.error().text);
    if (decoded) {
      const auto upright = Upright(std::move(decoded->pixels), Orientation::kRotateClockwise);
      EXPECT_TRUE(upright);
    }
    const auto growth = peak.Growth();
    if (!growth) continue;
    EXPECT_GE(*growth, kPixels * 5 / 2) << "nothing was measured";
    EXPECT_LE(*growth, *need);
  }
}

TEST(DecodeMemoryNeed, OfTheLargestImageIsWithinTheDefaultOfAService) {
  Bytes jpeg = LargeJpeg("jpeg_ycck_progressive.jpg", 0xc2);
  const auto need = DecodeMemoryNeed(jpeg, {.max_pixels = int64_t{kPixels}});
  ASSERT_TRUE(need) << need.error().text;
  // 2.5 times as many pixels are allowed by default.
  EXPECT_LE(*need * 5 / 2, uint64_t{640} << 20);
}

TEST(DecodeMemoryNeed, IsToldByTheHeaderAlone) {
  const Bytes png = LargePng(8, 2, 3);
  EXPECT_EQ(*DecodeMemoryNeed(ByteView(png).first(40)), *DecodeMemoryNeed(png));
}

TEST(DecodeMemoryNeed, RefusesAsDecodingDoes) {
  const auto refusal = [](ByteView bytes, const DecodeLimits& limits = {}) {
    const auto need = DecodeMemoryNeed(bytes, limits);
    EXPECT_FALSE(need);
    return need ? Error{} : need.error();
  };
  EXPECT_THAT(refusal({}).text, HasSubstr("image: empty"));
  EXPECT_THAT(refusal(AsBytes("\xff\xd8\xff")).text, HasSubstr("image: JPEG: cannot be decoded"));
  for (const Bytes& file : {LargePng(8, 2, 3), LargeJpeg("jpeg_420_q75.jpg", 0xc0)}) {
    const Error error = refusal(file, {.max_pixels = kPixels - 1});
    EXPECT_EQ(error.code, ErrorCode::kTooLarge);
    EXPECT_THAT(error.text, HasSubstr("5000x4000 pixels: over the limit"));
  }
}

}  // namespace
}  // namespace lotmark::image
