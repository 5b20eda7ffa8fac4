#include "base/json.h"

#include <gtest/gtest.h>

#include <chrono>

namespace lotmark {
namespace {

std::string WhyRefused(std::string_view text, const JsonLimits& limits = {}) {
  const auto json = ParseJson(text, limits);
  return json ? "accepted: " + DumpJson(*json) : json.error().text;
}

TEST(ParseJson, KeepsValuesAndTheOrderOfKeys) {
  const std::string text = R"({"z":1,"a":[true,null,-2,1.5,"\u00e9"],"m":{},"e":[]})";
  const auto json = ParseJson(text);
  ASSERT_TRUE(json) << json.error().text;
  EXPECT_EQ(DumpJson(*json), R"({"z":1,"a":[true,null,-2,1.5,"é"],"m":{},"e":[]})");
}

TEST(ParseJson, AcceptsAnyTopLevelValue) {
  for (const char* text : {"null", "true", "0", "\"x\"", "[]", " {} \r\n\t"}) EXPECT_TRUE(ParseJson(text)) << text;
}

TEST(ParseJson, RefusesWhatIsNotStrictJson) {
  for (const char* text : {"",
                           " ",
                           "{",
                           "[1,]",
                           "{\"a\":1,}",
                           "{'a':1}",
                           "{a:1}",
                           "NaN",
                           "[Infinity]",
                           "[-]",
                           "01",
                           "1.",
                           ".5",
                           "+1",
                           "1e",
                           "tru",
                           "\"\x01\"",
                           "\"a",
                           "\"\\x41\"",
                           "\"\\ud800\"",
                           "\"\\udc00\"",
                           "// c\n1",
                           "/* c */ 1",
                           "1 2",
                           "{} x",
                           "\xEF\xBB\xBF{}",
                           "\"\xff\"",
                           "\"\xc0\x80\"",
                           "\"\xed\xa0\x80\"",
                           "\xff\xfe{\x00}\x00"}) {
    const auto json = ParseJson(text);
    ASSERT_FALSE(json) << text;
    EXPECT_EQ(json.error().code, ErrorCode::kRefused);
    EXPECT_EQ(json.error().text.find("not valid JSON: "), 0u) << json.error().text;
  }
}

TEST(ParseJson, NothingHidesBehindANulByte) {
  EXPECT_EQ(WhyRefused(std::string_view("{}\0", 3)), "not valid JSON: byte 2 is NUL");
  EXPECT_EQ(WhyRefused(std::string_view("{}\0{\"evil\":1}", 13)), "not valid JSON: byte 2 is NUL");
  EXPECT_FALSE(ParseJson(std::string_view("\"a\0\"", 4)));
  EXPECT_TRUE(ParseJson(R"("a\u0000")"));
}

TEST(ParseJson, RefusesNumbersBeyondDouble) {
  EXPECT_NE(WhyRefused("[1e999]").find("1e999"), std::string::npos);
  EXPECT_NE(WhyRefused("[-1e999]").find("1e999"), std::string::npos);
}

TEST(ParseJson, RefusesAKeyTwiceNamingItsPlace) {
  EXPECT_EQ(WhyRefused(R"({"a":1,"a":1})"), "not valid JSON: a stands twice in one object");
  EXPECT_EQ(WhyRefused(R"({"f":{"x":[1,{"b":1,"\u0062":2}]}})"), "not valid JSON: f.x[1].b stands twice in one object");
  EXPECT_TRUE(ParseJson(R"({"a":{"a":1},"b":{"a":1}})"));
}

TEST(ParseJson, HoldsItsLimits) {
  const auto nested = [](size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); };
  EXPECT_TRUE(ParseJson(nested(32)));
  EXPECT_EQ(WhyRefused(nested(33)), "not valid JSON: nested deeper than 32");
  EXPECT_EQ(WhyRefused(std::string(1000000, '[')), "not valid JSON: nested deeper than 32");
  EXPECT_EQ(WhyRefused("[1,2,3]", {.max_values = 3}), "not valid JSON: more than 3 values");
  EXPECT_TRUE(ParseJson("[1,2]", {.max_values = 3}));
  EXPECT_EQ(ParseJson("[1,2]", {.max_bytes = 4}).error().code, ErrorCode::kTooLarge);
  EXPECT_TRUE(ParseJson("[1,2]", {.max_bytes = 5}));
}

TEST(ParseJson, ManyKeysTakeNoQuadraticTime) {
  std::string text = "{";
  for (int i = 0; i < 100000; ++i) text += "\"" + std::to_string(i) + "\":0,";
  text.back() = '}';
  const auto start = std::chrono::steady_clock::now();
  EXPECT_TRUE(ParseJson(text, {.max_bytes = 2 << 20}));
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(5));
}

TEST(ParseJson, MessagesCannotDriveATerminal) {
  for (const char* text : {"{\"a\\u001b[2J\":1,\"a\\u001b[2J\":2}", "\x1b[2J", "\"\x1b\"", "nul\x1b"}) {
    EXPECT_EQ(WhyRefused(text).find('\x1b'), std::string::npos);
  }
}

TEST(ParseJson, TruncatedAnywhereIsRefused) {
  const std::string text = R"({"a":[1,2.5e3,"x\u00e9",true,null],"b":{"c":"\\"}})";
  for (size_t size = 0; size < text.size(); ++size) EXPECT_FALSE(ParseJson(text.substr(0, size))) << size;
}

class JsonObjectTest : public testing::Test {
 protected:
  const Json json_ = *ParseJson(
      R"({"s":"x","i":-3,"n":0.5,"b":true,"o":{"k":1},"a":[1],"z":null,"big":18446744073709551615,"whole":2.0})");
  const JsonObject object_ = *JsonObject::Of(json_, "at.it");
};

TEST_F(JsonObjectTest, ReadsEachType) {
  EXPECT_EQ(*object_.RequiredString("s"), "x");
  EXPECT_EQ(*object_.RequiredInteger("i"), -3);
  EXPECT_EQ(*object_.RequiredNumber("n"), 0.5);
  EXPECT_EQ(*object_.RequiredNumber("i"), -3.0);
  EXPECT_EQ(**object_.OptionalBool("b"), true);
  EXPECT_EQ(object_.RequiredObject("o")->path(), "at.it.o");
  EXPECT_EQ((*object_.RequiredArray("a"))->size(), 1u);
  EXPECT_TRUE(object_.Has("z"));
  EXPECT_FALSE(object_.Has("none"));
}

TEST_F(JsonObjectTest, AbsentIsEmptyForOptionalAndAnErrorForRequired) {
  EXPECT_EQ(*object_.OptionalString("none"), std::nullopt);
  EXPECT_EQ(*object_.OptionalInteger("none"), std::nullopt);
  EXPECT_EQ(*object_.OptionalNumber("none"), std::nullopt);
  EXPECT_EQ(*object_.OptionalBool("none"), std::nullopt);
  EXPECT_FALSE(object_.OptionalObject("none")->has_value());
  EXPECT_EQ(*object_.OptionalArray("none"), nullptr);
  EXPECT_EQ(object_.RequiredString("none").error().text, "at.it.none is missing");
  EXPECT_EQ(object_.RequiredInteger("none").error().text, "at.it.none is missing");
  EXPECT_EQ(object_.RequiredNumber("none").error().text, "at.it.none is missing");
  EXPECT_EQ(object_.RequiredObject("none").error().text, "at.it.none is missing");
  EXPECT_EQ(object_.RequiredArray("none").error().text, "at.it.none is missing");
}

TEST_F(JsonObjectTest, AnotherTypeIsAnErrorThatNamesTheField) {
  EXPECT_EQ(object_.OptionalString("i").error().text, "at.it.i must be a string, not an integer");
  EXPECT_EQ(object_.OptionalString("z").error().text, "at.it.z must be a string, not null");
  EXPECT_EQ(object_.OptionalInteger("n").error().text, "at.it.n must be an integer, not a number");
  EXPECT_EQ(object_.OptionalInteger("whole").error().text, "at.it.whole must be an integer, not a number");
  EXPECT_EQ(object_.OptionalInteger("big").error().text, "at.it.big is too large for a 64-bit integer");
  EXPECT_EQ(object_.OptionalNumber("b").error().text, "at.it.b must be a number, not true or false");
  EXPECT_EQ(object_.OptionalBool("s").error().text, "at.it.s must be true or false, not a string");
  EXPECT_EQ(object_.OptionalObject("a").error().text, "at.it.a must be an object, not an array");
  EXPECT_EQ(object_.OptionalArray("o").error().text, "at.it.o must be an array, not an object");
  EXPECT_EQ(JsonObject::Of(json_["a"], "").error().text, "the document must be an object, not an array");
}

TEST(DumpJson, ReplacesBadUtf8InsteadOfThrowing) { EXPECT_EQ(DumpJson(Json("\xff")), "\"\xEF\xBF\xBD\""); }

}  // namespace
}  // namespace lotmark
