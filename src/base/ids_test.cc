#include "base/ids.h"

#include <gtest/gtest.h>

namespace lotmark {
namespace {

TEST(Id, AcceptsTheAlphabet) {
  for (const char* text : {"a", "9", "2024-v1", "efficientnet_b4_isic", "A.b_c-D", "x.."}) {
    const auto id = Version::Parse(text);
    ASSERT_TRUE(id) << text;
    EXPECT_EQ(id->text(), text);
  }
  EXPECT_TRUE(ModelName::Parse(std::string(64, 'm')));
}

TEST(Id, RefusesWhatIsNoSafeFileName) {
  const struct {
    std::string text;
    std::string why;
  } cases[] = {
      {"", "it is empty"},
      {std::string(65, 'm'), "more than 64 characters"},
      {".", "must begin with"},
      {"..", "must begin with"},
      {".hidden", "must begin with"},
      {"-rf", "must begin with"},
      {"_x", "must begin with"},
      {"a/b", "only letters"},
      {"a\\b", "only letters"},
      {"a b", "only letters"},
      {"a\n", "only letters"},
      {std::string("a\0b", 3), "only letters"},
      {"a%2fb", "only letters"},
      {"v\u00e9", "only letters"},
  };
  for (const auto& c : cases) {
    const auto id = Version::Parse(c.text);
    ASSERT_FALSE(id) << c.text;
    EXPECT_NE(id.error().text.find(c.why), std::string::npos) << id.error().text;
    EXPECT_NE(id.error().text.find("is not a version"), std::string::npos) << id.error().text;
  }
  EXPECT_NE(ModelName::Parse("").error().text.find("is not a model name"), std::string::npos);
}

TEST(Id, TextInAMessageCannotDriveATerminal) {
  const auto id = ModelName::Parse("a\x1b[2J");
  ASSERT_FALSE(id);
  EXPECT_EQ(id.error().text.find('\x1b'), std::string::npos);
}

TEST(Id, CollidesIgnoringCase) {
  const auto a = Version::Parse("2024-V1"), b = Version::Parse("2024-v1"), c = Version::Parse("2024-v10");
  EXPECT_TRUE(a->CollidesWith(*b));
  EXPECT_NE(*a, *b);
  EXPECT_FALSE(b->CollidesWith(*c));
}

}  // namespace
}  // namespace lotmark
