#include "base/encoding.h"

#include <gtest/gtest.h>

#include <random>

namespace lotmark {
namespace {

TEST(Hex, GoesThereAndBack) {
  const Bytes bytes = {0x00, 0x0f, 0xf0, 0xff, 0xa5};
  EXPECT_EQ(ToHex(bytes), "000ff0ffa5");
  Bytes back(bytes.size());
  HexToBytes("000ff0ffa5", back);
  EXPECT_EQ(back, bytes);
}

TEST(Base64, GivesTheVectorsOfRfc4648) {
  const char* vectors[][2] = {{"", ""},
                              {"f", "Zg=="},
                              {"fo", "Zm8="},
                              {"foo", "Zm9v"},
                              {"foob", "Zm9vYg=="},
                              {"fooba", "Zm9vYmE="},
                              {"foobar", "Zm9vYmFy"}};
  for (const auto& [plain, text] : vectors) {
    EXPECT_EQ(Base64Encode(AsBytes(plain)), text);
    const auto decoded = Base64Decode(text);
    ASSERT_TRUE(decoded) << text;
    EXPECT_EQ(AsText(*decoded), plain);
  }
}

TEST(Base64, GoesThereAndBackForRandomBytes) {
  std::mt19937 random(1);
  for (size_t size = 0; size < 200; ++size) {
    Bytes bytes(size);
    for (auto& b : bytes) b = static_cast<uint8_t>(random());
    const auto decoded = Base64Decode(Base64Encode(bytes));
    ASSERT_TRUE(decoded);
    EXPECT_EQ(*decoded, bytes);
  }
}

TEST(Base64, RefusesWhatHasASecondSpelling) {
  for (const char* text : {"Zg", "Zg=", "Z===", "====", "Zh==", "Zm9=", "Zm9v\n", "Zm 9", "Zm-_",
                           "Zg==Zg==", "=Zg=", "Zm9vYg=A", "\xff\xff\xff\xff"}) {
    EXPECT_FALSE(Base64Decode(text)) << text;
  }
}

TEST(Utf8, AcceptsTheEdgesOfEveryLength) {
  for (const char* text : {"", "a", "\x7f", "\xc2\x80", "\xdf\xbf", "\xe0\xa0\x80", "\xed\x9f\xbf", "\xee\x80\x80",
                           "\xef\xbf\xbf", "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf"}) {
    EXPECT_TRUE(IsUtf8(text)) << Printable(text);
  }
}

TEST(Utf8, RefusesOverlongSurrogateTooLargeAndCut) {
  for (const char* text :
       {"\x80", "\xc0\x80", "\xc1\xbf", "\xe0\x9f\xbf", "\xed\xa0\x80", "\xed\xbf\xbf", "\xf0\x8f\xbf\xbf",
        "\xf4\x90\x80\x80", "\xf8\x88\x80\x80\x80", "\xff", "a\xc2", "\xe2\x82", "\xf0\x9f\x98", "\xc2\x41"}) {
    EXPECT_FALSE(IsUtf8(text)) << Printable(text);
  }
}

TEST(Printable, KeepsTextAndEscapesTheRest) {
  EXPECT_EQ(Printable("naevus ä €"), "naevus ä €");
  EXPECT_EQ(Printable(std::string_view("a\0b", 3)), "a\\x00b");
  EXPECT_EQ(Printable("\x1b[2J\r\n\x7f"), "\\x1b[2J\\x0d\\x0a\\x7f");
  EXPECT_EQ(Printable("\xc2\x9b"
                      "31m"),
            "\\xc2\\x9b31m");
  EXPECT_EQ(Printable("\xff\xc3"), "\\xff\\xc3");
}

TEST(Printable, CutsBetweenCharacters) {
  EXPECT_EQ(Printable("abcdef", 3), "abc…");
  EXPECT_EQ(Printable("abc", 3), "abc");
  EXPECT_EQ(Printable("ääää", 3), "ää…");
  EXPECT_TRUE(IsUtf8(Printable(std::string(1000, '\xe2'), 100)));
}

}  // namespace
}  // namespace lotmark
