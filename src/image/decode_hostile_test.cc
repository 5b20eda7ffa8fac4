// Images that somebody made to do harm, and images that were damaged on the way: refused with a sentence, never a
// crash, never much memory. The sanitizers' run of this file is the real test.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <algorithm>
#include <array>
#include <random>

#include "image/decode.h"
#include "image/testing/png_writer.h"
#include "image/testing/test_files.h"

namespace lotmark::image {
namespace {

using testing::HasSubstr;

long PeakMemoryKib() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return usage.ru_maxrss;
}

void ExpectRefused(ByteView bytes, ErrorCode code, const std::string& text) {
  const auto decoded = DecodeImage(bytes);
  ASSERT_FALSE(decoded);
  EXPECT_EQ(decoded.error().code, code) << decoded.error().text;
  EXPECT_THAT(decoded.error().text, HasSubstr(text));
}

constexpr const char* kSmallFiles[] = {"jpeg_17x33.jpg",   "turned_6.jpg",          "jpeg_ycck_progressive.jpg",
                                       "jpeg_restart.jpg", "jpeg_arithmetic.jpg",   "png_palette_4bit.png",
                                       "png_rgb_8bit.png", "png_turned_by_xmp.png", "png_rgba_16bit_interlaced.png"};

TEST(DamagedImage, IsRefusedAtEveryTruncation) {
  for (const char* name : kSmallFiles) {
    const Bytes whole = TestFile(name);
    ASSERT_TRUE(DecodeImage(whole)) << name;
    for (size_t length = 0; length < whole.size(); ++length) {
      // A copy of its own, so that a sanitizer sees one byte too many.
      const Bytes cut(whole.begin(), whole.begin() + static_cast<ptrdiff_t>(length));
      const auto decoded = DecodeImage(cut);
      ASSERT_FALSE(decoded) << name << " cut to " << length << " of " << whole.size();
      ASSERT_EQ(decoded.error().code, ErrorCode::kRefused);
    }
  }
}

TEST(DamagedImage, SurvivesRandomBytes) {
  std::mt19937 random(42);
  const DecodeLimits limits{.max_pixels = 1 << 16};
  for (const char* name : kSmallFiles) {
    const Bytes whole = TestFile(name);
    const bool png = std::string_view(name).ends_with(".png");
    int refused = 0;
    for (int round = 0; round < 5000; ++round) {
      Bytes damaged = whole;
      for (unsigned i = 0; i <= random() % 3; ++i) {
        damaged[random() % damaged.size()] ^= static_cast<uint8_t>(1 + random() % 255);
      }
      const auto decoded = DecodeImage(damaged, limits);
      if (!decoded) {
        ++refused;
        ASSERT_FALSE(decoded.error().text.empty());
      } else {
        ASSERT_LE(decoded->pixels.rgb.size(), size_t{3} << 16);
        ASSERT_FALSE(png && damaged != whole) << "a PNG's checksums let a change through";
      }
    }
    EXPECT_GT(refused, 100) << name;
  }
}

TEST(DamagedImage, WithAWrongChecksumIsRefusedInEveryChunk) {
  Bytes png = PngStart(1, 1, 8, 2);
  AppendChunk(png, "tEXt", AsBytes(std::string_view("Comment\0hello", 13)));
  png.back() ^= 1;
  FinishPng(png, DeflatedZeros(4));
  ExpectRefused(png, ErrorCode::kRefused, "image: PNG: cannot be decoded: invalid chunk checksum");
}

TEST(HugeImage, OfTwentyThousandSquaredIsRefusedFromThePngHeader) {
  Bytes header_only = PngStart(20000, 20000, 8, 2);
  ExpectRefused(header_only, ErrorCode::kTooLarge, "image: 20000x20000 pixels: over the limit of 50000000 pixels");

  Bytes bomb = PngStart(20000, 20000, 1, 0);
  FinishPng(bomb, DeflatedZeros(20000 * (20000 / 8 + 1)));
  const long before = PeakMemoryKib();
  ExpectRefused(bomb, ErrorCode::kTooLarge, "20000x20000");
  EXPECT_LT(PeakMemoryKib() - before, 16 * 1024);
}

TEST(HugeImage, IsRefusedFromTheJpegHeader) {
  Bytes jpeg = TestFile("jpeg_8x8.jpg");
  constexpr std::array<uint8_t, 3> kFrame{0xff, 0xc0, 0x00};
  const auto frame = std::search(jpeg.begin(), jpeg.end(), kFrame.begin(), kFrame.end());
  ASSERT_NE(frame, jpeg.end());
  const auto resize = [&](uint32_t width, uint32_t height) {
    const uint8_t sides[] = {static_cast<uint8_t>(height >> 8), static_cast<uint8_t>(height),
                             static_cast<uint8_t>(width >> 8), static_cast<uint8_t>(width)};
    std::copy(std::begin(sides), std::end(sides), frame + 5);
  };
  const long before = PeakMemoryKib();
  resize(20000, 20000);
  ExpectRefused(jpeg, ErrorCode::kTooLarge, "image: 20000x20000 pixels: over the limit of 50000000 pixels");
  resize(65500, 65500);
  ExpectRefused(jpeg, ErrorCode::kTooLarge, "65500x65500");
  resize(65535, 1);
  ExpectRefused(jpeg, ErrorCode::kRefused, "image: JPEG: cannot be decoded");  // libjpeg's own limit is 65500
  resize(0, 8);
  ExpectRefused(jpeg, ErrorCode::kRefused, "image: JPEG: cannot be decoded");
  resize(8, 0);
  ExpectRefused(jpeg, ErrorCode::kRefused, "image: JPEG: cannot be decoded");
  EXPECT_LT(PeakMemoryKib() - before, 16 * 1024);
}

TEST(HugeImage, WithSidesOfTwoThousandMillionIsRefused) {
  ExpectRefused(PngStart(0x7fffffff, 0x7fffffff, 8, 6), ErrorCode::kTooLarge,
                "image: 2147483647x2147483647 pixels: a side is over");
  ExpectRefused(PngStart(0x7fffffff, 1, 1, 0), ErrorCode::kTooLarge, "a side is over the limit of 65500");
  ExpectRefused(PngStart(1, 0xffffffff, 1, 0), ErrorCode::kTooLarge, "1x4294967295");
  Bytes no_width = PngStart(0, 1, 1, 0);
  FinishPng(no_width, DeflatedZeros(1));
  ExpectRefused(no_width, ErrorCode::kRefused, "image: PNG: cannot be decoded");
}

TEST(PngBomb, InPixelDataStopsAtTheLastRow) {
  Bytes png = PngStart(8, 8, 8, 2);
  FinishPng(png, DeflatedZeros(size_t{64} << 20));
  const long before = PeakMemoryKib();
  const auto decoded = DecodeImage(png);
  ASSERT_TRUE(decoded) << decoded.error().text;
  EXPECT_EQ(decoded->pixels.rgb, Bytes(8 * 8 * 3));
  EXPECT_LT(PeakMemoryKib() - before, 16 * 1024);
}

TEST(PngBomb, InTextAndProfileIsRefused) {
  using namespace std::string_view_literals;
  const Bytes zeros = DeflatedZeros(size_t{64} << 20);
  const std::pair<std::string_view, std::string_view> kinds[] = {
      {"zTXt", "Comment\0\0"sv}, {"iTXt", "Comment\0\1\0\0\0"sv}, {"iCCP", "profile\0\0"sv}};
  for (const auto& [type, start] : kinds) {
    Bytes data(start.begin(), start.end());
    data.insert(data.end(), zeros.begin(), zeros.end());
    Bytes png = PngStart(1, 1, 8, 2);
    AppendChunk(png, type, data);
    FinishPng(png, DeflatedZeros(4));
    const long before = PeakMemoryKib();
    ExpectRefused(png, ErrorCode::kRefused, "image: PNG: cannot be decoded: reached chunk/cache limits");
    EXPECT_LT(PeakMemoryKib() - before, 32 * 1024) << type;
  }
}

TEST(Png, OfSixteenBitGreyIsRefusedWithAReason) {
  Bytes png = PngStart(1, 1, 16, 0);
  FinishPng(png, DeflatedZeros(3));
  ExpectRefused(png, ErrorCode::kRefused, "image: PNG: 16-bit grey: what its samples mean in 8 bits is not defined");
}

TEST(Png, WithoutItsPaletteIsRefused) {
  Bytes png = PngStart(1, 1, 8, 3);
  FinishPng(png, DeflatedZeros(2));
  ExpectRefused(png, ErrorCode::kRefused, "image: PNG: cannot be decoded");
}

TEST(Png, WithTooFewPixelsIsRefused) {
  Bytes png = PngStart(4, 4, 8, 2);
  FinishPng(png, DeflatedZeros(4 * 13 - 1));
  ExpectRefused(png, ErrorCode::kRefused, "image: PNG: cannot be decoded");
}

}  // namespace
}  // namespace lotmark::image
