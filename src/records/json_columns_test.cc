#include "records/json_columns.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>
#include <random>

#include "base/json.h"

namespace lotmark::records {
namespace {

using Limits = std::numeric_limits<float>;

std::vector<uint32_t> Bits(const std::vector<float>& values) {
  std::vector<uint32_t> bits;
  for (const float value : values) bits.push_back(std::bit_cast<uint32_t>(value));
  return bits;
}

void ExpectRoundTrip(const std::vector<float>& values) {
  const std::string json = FloatsToJson(values);
  const auto read = FloatsFromJson(json);
  ASSERT_TRUE(read) << read.error().text;
  EXPECT_EQ(Bits(*read), Bits(values)) << json.substr(0, 200);
  EXPECT_TRUE(ParseJson(json)) << "other programs must be able to read it";
}

TEST(FloatsJson, AreShort) {
  EXPECT_EQ(FloatsToJson(std::vector<float>{}), "[]");
  EXPECT_EQ(FloatsToJson(std::vector{0.1f, 1.0f, -0.0f, 0.5f}), "[0.1,1,-0,0.5]");
}

TEST(FloatsJson, KeepEveryBitOfOddFloats) {
  ExpectRoundTrip({});
  ExpectRoundTrip({0.0f});
  ExpectRoundTrip({0.0f, -0.0f, 1.0f, 0.1f, 1.0f / 3, Limits::min(), Limits::max(), Limits::lowest(),
                   Limits::denorm_min(), -Limits::denorm_min(), Limits::epsilon(), std::nextafter(1.0f, 0.0f),
                   std::nextafter(1.0f, 2.0f), std::nextafter(Limits::min(), 0.0f), 16777217.0f, 9007199254740993.0f});
}

TEST(FloatsJson, KeepEveryBitOfRandomFloats) {
  std::mt19937 random(20240229);  // any seed; fixed so that a failure repeats
  std::vector<float> values;
  while (values.size() < 50'000) {
    const auto value = std::bit_cast<float>(static_cast<uint32_t>(random()));
    if (std::isfinite(value)) values.push_back(value);
  }
  ExpectRoundTrip(values);
}

TEST(FloatsJson, RefusesEverythingElse) {
  for (const char* json :
       {"",       "[",     "]",     "[]x",    "x[]",     "{}",       "null",    "[,]",   "[1,]", "[,1]", "[1 2]",
        "[1,,2]", "[nan]", "[inf]", "[-inf]", "[1e999]", "[0x1p3x]", "[\"1\"]", "[[1]]", "[1",   "1]",   "[+1]"}) {
    const auto read = FloatsFromJson(json);
    ASSERT_FALSE(read) << json;
    EXPECT_EQ(read.error().code, ErrorCode::kRefused);
  }
}

TEST(TextsJson, RoundTrip) {
  const std::vector<std::string> texts = {"", "a", "quote\" back\\slash", "line\n", "\x01", "Zoë", "[]"};
  EXPECT_EQ(TextsFromJson(TextsToJson(texts)).value(), texts);
  EXPECT_EQ(TextsToJson(std::vector<std::string>{}), "[]");
  EXPECT_EQ(TextsToJson(std::vector<std::string>{"a", "b"}), R"(["a","b"])");
}

TEST(TextsJson, RefusesEverythingElse) {
  for (const char* json : {"", "{}", "[1]", "[null]", "[\"a\"", "\"a\"", "[[\"a\"]]"}) {
    EXPECT_FALSE(TextsFromJson(json)) << json;
  }
}

}  // namespace
}  // namespace lotmark::records
