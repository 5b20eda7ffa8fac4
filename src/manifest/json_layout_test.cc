#include "manifest/json_layout.h"

#include <gtest/gtest.h>

#include "manifest/testing/test_data.h"

namespace lotmark::manifest {
namespace {

// Every value that `node` and those beneath it point at is the value that the parser reads there.
void ExpectSame(std::string_view text, const JsonNode& node, const Json& json) {
  const auto here = ParseJson(text.substr(node.begin, node.end - node.begin));
  ASSERT_TRUE(here) << here.error().text;
  EXPECT_EQ(*here, json);
  ASSERT_EQ(node.members.size(), json.is_object() ? json.size() : 0);
  ASSERT_EQ(node.elements.size(), json.is_array() ? json.size() : 0);
  for (size_t i = 0; i < node.elements.size(); ++i) ExpectSame(text, node.elements[i], json[i]);
  for (const JsonMember& member : node.members) {
    EXPECT_EQ(text[member.key_begin], '"');
    EXPECT_EQ(text[member.key_end - 1], '"');
    ExpectSame(text, member.value, json.at(member.key));
  }
}

TEST(JsonLayout, FindsEveryValue) {
  for (const std::string& text :
       {testing::FullText(), testing::TestData("bad_fields.json"), std::string("null"), std::string(" -1.5e3"),
        std::string("[]"), std::string("{ }"), std::string(" [ [ ] , { } ,1,\"]\\\"\\\\\", true ]\n"),
        std::string("{\"\":{\"a\\\"b\":0}\t,\"\\u0041\\\\\" :\r\n[1 , 2]}")}) {
    const auto json = ParseJson(text);
    ASSERT_TRUE(json) << json.error().text;
    ExpectSame(text, LocateJson(text), *json);
  }
}

TEST(JsonLayout, FindsAMemberByItsUnescapedKey) {
  const JsonNode node = LocateJson(R"({"\u0061": 1, "b": 2})");
  ASSERT_NE(node.Find("a"), nullptr);
  EXPECT_EQ(node.Find("a")->key_end, 9u);
  EXPECT_EQ(node.Find("\\u0061"), nullptr);
}

}  // namespace
}  // namespace lotmark::manifest
