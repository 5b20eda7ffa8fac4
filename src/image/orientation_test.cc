#include "image/orientation.h"

#include <gtest/gtest.h>

#include <random>
#include <string_view>

namespace lotmark::image {
namespace {

using namespace std::literals;

// One pixel per letter.
RgbImage Letters(int width, int height, std::string_view letters) {
  RgbImage image = RgbImage::Allocate(width, height).value();
  for (size_t i = 0; i < image.rgb.size(); ++i) {
    image.rgb[i] = static_cast<uint8_t>(letters[i / kChannels] + static_cast<char>(i % kChannels));
  }
  return image;
}

std::string Read(const RgbImage& image) {
  std::string letters;
  for (size_t i = 0; i < image.rgb.size(); i += kChannels) {
    EXPECT_EQ(image.rgb[i + 1], image.rgb[i] + 1);
    EXPECT_EQ(image.rgb[i + 2], image.rgb[i] + 2);
    letters += static_cast<char>(image.rgb[i]);
  }
  return letters;
}

TEST(Upright, TurnsASmallPictureInAllEightWays) {
  // Stored: a b c
  //         d e f
  const struct {
    Orientation orientation;
    int width;
    std::string_view upright;
  } cases[] = {
      {Orientation::kAsStored, 3, "abcdef"},   {Orientation::kFlipLeftRight, 3, "cbafed"},
      {Orientation::kRotate180, 3, "fedcba"},  {Orientation::kFlipTopBottom, 3, "defabc"},
      {Orientation::kTranspose, 2, "adbecf"},  {Orientation::kRotateClockwise, 2, "daebfc"},
      {Orientation::kTransverse, 2, "fcebda"}, {Orientation::kRotateCounterclockwise, 2, "cfbead"},
  };
  for (const auto& c : cases) {
    const RgbImage upright = Upright(Letters(3, 2, "abcdef"), c.orientation).value();
    EXPECT_EQ(upright.width, c.width);
    EXPECT_EQ(Read(upright), c.upright) << static_cast<int>(c.orientation);
  }
}

TEST(Upright, FourQuarterTurnsOfAPictureOfManyTilesAreNone) {
  RgbImage image = RgbImage::Allocate(201, 131).value();
  std::mt19937 random(5);
  for (uint8_t& value : image.rgb) value = static_cast<uint8_t>(random());
  const std::vector<uint8_t> before = image.rgb;
  for (int turn = 0; turn < 4; ++turn) {
    image = Upright(std::move(image), Orientation::kRotateClockwise).value();
    EXPECT_EQ(image.width, turn % 2 == 0 ? 131 : 201);
    EXPECT_EQ(image.rgb == before, turn == 3);
  }
}

TEST(ToOrientation, IsAsStoredForAnythingButOneToEight) {
  EXPECT_EQ(ToOrientation(6), Orientation::kRotateClockwise);
  EXPECT_EQ(ToOrientation(std::nullopt), Orientation::kAsStored);
  for (const uint32_t tag : {0u, 9u, 256u, 0x00060000u, 0xffffffffu}) {
    EXPECT_EQ(ToOrientation(tag), Orientation::kAsStored) << tag;
  }
}

// One directory with the given entry, at offset 8.
std::string Tiff(std::string_view entry) {
  return std::string("II*\0\10\0\0\0\1\0"sv).append(entry).append("\0\0\0\0"sv);
}
constexpr auto kSix = "\x12\x01\x03\0\1\0\0\0\6\0\0\0"sv;

TEST(ExifOrientationTag, ReadsTheTag) {
  EXPECT_EQ(ExifOrientationTag(AsBytes(Tiff(kSix))), 6u);
  EXPECT_EQ(ExifOrientationTag(AsBytes("Exif\0\0"s + Tiff(kSix))), 6u);
  EXPECT_EQ(ExifOrientationTag(AsBytes("MM\0*\0\0\0\10\0\1\x01\x12\0\3\0\0\0\1\0\7\0\0"sv)), 7u);
}

TEST(ExifOrientationTag, FindsNothingInGarbage) {
  const struct {
    const char* what;
    std::string bytes;
  } cases[] = {
      {"nothing", ""},
      {"only the prefix", "Exif\0\0"s},
      {"half a magic", "II"},
      {"another magic", "PK\3\4\10\0\0\0\1\0"s},
      {"directory at the end", "II*\0\10\0\0\0"s},
      {"directory beyond the end", "II*\0\xff\xff\xff\xff"s},
      {"65535 entries, none there", "II*\0\10\0\0\0\xff\xff"s},
      {"text instead of a number", Tiff("\x12\x01\x02\0\1\0\0\0\6\0\0\0"sv)},
      {"no value", Tiff("\x12\x01\x03\0\0\0\0\0\6\0\0\0"sv)},
      {"four thousand million values", Tiff("\x12\x01\x04\0\xff\xff\xff\xff\6\0\0\0"sv)},
      {"values beyond the end", Tiff("\x12\x01\x03\0\3\0\0\0\xf0\xff\xff\xff"sv)},
      {"another tag", Tiff("\x13\x01\x03\0\1\0\0\0\6\0\0\0"sv)},
  };
  for (const auto& c : cases) EXPECT_EQ(ExifOrientationTag(AsBytes(c.bytes)), std::nullopt) << c.what;
}

TEST(ExifOrientationTag, SurvivesEveryCutAndRandomBytes) {
  const std::string whole = Tiff(kSix);
  for (size_t length = 0; length < whole.size(); ++length) {
    // A copy of its own, so that a sanitizer sees one byte too many.
    const Bytes cut(whole.begin(), whole.begin() + static_cast<ptrdiff_t>(length));
    EXPECT_EQ(ExifOrientationTag(cut).has_value(), length >= 22) << length;
  }
  std::mt19937 random(11);
  for (int round = 0; round < 20000; ++round) {
    Bytes bytes(random() % 64);
    for (uint8_t& byte : bytes) byte = static_cast<uint8_t>(random() % 4 == 0 ? random() : random() % 20);
    if (bytes.size() >= 4 && round % 8 != 0) std::copy_n(round % 2 ? "II*\0" : "MM\0*", 4, bytes.begin());
    ToOrientation(ExifOrientationTag(bytes));
  }
}

TEST(XmpOrientationTag, ReadsAttributeAndElement) {
  EXPECT_EQ(XmpOrientationTag(AsBytes("<x tiff:Orientation=\"8\"/>")), 8u);
  EXPECT_EQ(XmpOrientationTag(AsBytes("<tiff:Orientation>3</tiff:Orientation>")), 3u);
  EXPECT_EQ(XmpOrientationTag(AsBytes("tiff:Orientation tiff:Orientation=\"\" tiff:Orientation>5")), 5u);
}

TEST(XmpOrientationTag, FindsNothingInGarbage) {
  for (const auto text : {"", "tiff:Orientation", "tiff:Orientation=", "tiff:Orientation=\"", "tiff:Orientation>x",
                          "Orientation=\"6\""}) {
    EXPECT_EQ(XmpOrientationTag(AsBytes(text)), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace lotmark::image
