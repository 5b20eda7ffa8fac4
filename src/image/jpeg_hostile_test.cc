// JPEGs that are legal or nearly so, and made to cost more than they should or to be read wrongly.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>

#include "image/decode.h"
#include "image/testing/test_files.h"

namespace lotmark::image {
namespace {

using testing::HasSubstr;

void ExpectRefused(ByteView bytes, const std::string& text) {
  const auto decoded = DecodeImage(bytes);
  ASSERT_FALSE(decoded);
  EXPECT_EQ(decoded.error().code, ErrorCode::kRefused);
  EXPECT_THAT(decoded.error().text, HasSubstr(text));
}

// Where the marker 0xff `code` first stands.
ptrdiff_t MarkerAt(const Bytes& jpeg, uint8_t code, ptrdiff_t from = 0) {
  const std::array<uint8_t, 2> marker{0xff, code};
  return std::search(jpeg.begin() + from, jpeg.end(), marker.begin(), marker.end()) - jpeg.begin();
}

constexpr uint8_t kFrame = 0xc0, kProgressiveFrame = 0xc2, kScan = 0xda, kEnd = 0xd9;

// A grey progressive image of two scans that give all bits at once, and so may legally come again: they come `times`
// times.
Bytes WithRepeatedScans(int times) {
  const Bytes grey = TestFile("jpeg_grey_whole_scans.jpg");
  const ptrdiff_t scan = MarkerAt(grey, kScan), end = MarkerAt(grey, kEnd, scan);
  Bytes repeated(grey.begin(), grey.begin() + scan);
  for (int i = 0; i < times; ++i) repeated.insert(repeated.end(), grey.begin() + scan, grey.begin() + end);
  repeated.insert(repeated.end(), grey.begin() + end, grey.end());
  return repeated;
}

TEST(JpegScans, AreLimited) {
  const auto decoded = DecodeImage(WithRepeatedScans(32));
  ASSERT_TRUE(decoded) << decoded.error().text;
  EXPECT_EQ(decoded->pixels.rgb, DecodeImage(WithRepeatedScans(1))->pixels.rgb);
  ExpectRefused(WithRepeatedScans(33), "image: JPEG: cannot be decoded: more than 64 scans");
  ExpectRefused(WithRepeatedScans(20000), "more than 64 scans");
}

TEST(JpegWarning, OfAnyKindIsARefusal) {
  Bytes jpeg = TestFile("jpeg_420_q75.jpg");
  const ptrdiff_t end = MarkerAt(jpeg, kEnd);
  Bytes left_over = jpeg;
  left_over.insert(left_over.begin() + end, 200, 0x55);
  ExpectRefused(left_over, "image: JPEG: cannot be decoded: Corrupt JPEG data: ");

  Bytes zeroed = jpeg;
  std::fill(zeroed.begin() + end - 400, zeroed.begin() + end - 300, 0xff);
  ExpectRefused(zeroed, "image: JPEG: cannot be decoded: ");
}

TEST(JpegWarning, OfAnUnknownJfifRevisionIsNone) {
  Bytes jpeg = TestFile("jpeg_17x33.jpg");
  const ptrdiff_t jfif = MarkerAt(jpeg, 0xe0);
  jpeg[static_cast<size_t>(jfif) + 9] = 9;  // the major version, after marker, length and "JFIF\0"
  const auto decoded = DecodeImage(jpeg);
  ASSERT_TRUE(decoded) << decoded.error().text;
  EXPECT_EQ(decoded->pixels.rgb, DecodeImage(TestFile("jpeg_17x33.jpg"))->pixels.rgb);
}

TEST(JpegFrame, OfTwelveBitsIsRefused) {
  Bytes jpeg = TestFile("jpeg_8x8.jpg");
  jpeg[static_cast<size_t>(MarkerAt(jpeg, kFrame)) + 4] = 12;
  ExpectRefused(jpeg, "image: JPEG: cannot be decoded: Unsupported JPEG data precision 12");
}

TEST(JpegFrame, OfTwoChannelsIsRefused) {
  // SOI, a frame of two channels without subsampling, and a scan header: all that the header stage reads.
  const Bytes jpeg{0xff, 0xd8, 0xff, 0xc0, 0,    14, 8,  0, 8, 0, 8, 2, 1, 0x11, 0,
                   2,    0x11, 0,    0xff, 0xda, 0,  10, 2, 1, 0, 2, 0, 0, 63,   0};
  ExpectRefused(jpeg, "image: JPEG: 2 channels");
}

TEST(JpegFrame, OfLosslessKindIsRefused) {
  Bytes jpeg = TestFile("jpeg_8x8.jpg");
  jpeg[static_cast<size_t>(MarkerAt(jpeg, kFrame)) + 1] = 0xc3;
  ExpectRefused(jpeg, "image: JPEG: cannot be decoded: Unsupported JPEG process");
}

TEST(JpegFrame, ThatComesTwiceIsRefused) {
  Bytes jpeg = TestFile("jpeg_grey_progressive.jpg");
  const ptrdiff_t frame = MarkerAt(jpeg, kProgressiveFrame);
  const Bytes copy(jpeg.begin() + frame, jpeg.begin() + frame + 13);
  jpeg.insert(jpeg.begin() + frame, copy.begin(), copy.end());
  ExpectRefused(jpeg, "image: JPEG: cannot be decoded");
}

TEST(JpegTrailer, IsIgnoredAfterTheEndMarker) {
  Bytes jpeg = TestFile("jpeg_17x33.jpg");
  const auto plain = DecodeImage(jpeg).value();
  jpeg.insert(jpeg.end(), 1000, 0xff);
  EXPECT_EQ(DecodeImage(jpeg)->pixels.rgb, plain.pixels.rgb);
}

}  // namespace
}  // namespace lotmark::image
