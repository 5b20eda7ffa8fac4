#include "base/uuid.h"

#include <gtest/gtest.h>

#include <set>

namespace lotmark {
namespace {

UtcTime At(const char* text) { return *ParseUtc(text); }

TEST(Uuid, Version7CarriesTheTimeThenRandomBits) {
  const std::string text = Uuid::V7(At("2025-01-01T00:00:00.000Z")).text();
  EXPECT_EQ(text.substr(0, 15), "01941f29-7c00-7");  // 1735689600000 ms
  EXPECT_NE(std::string("89ab").find(text[19]), std::string::npos) << text;
}

TEST(Uuid, Version7SortsByTime) {
  const Uuid early = Uuid::V7(At("2026-02-21T12:00:00.000Z")), late = Uuid::V7(At("2026-02-21T12:00:00.001Z"));
  EXPECT_LT(early, late);
  EXPECT_LT(early.text(), late.text());
}

TEST(Uuid, ManyInOneMillisecondDiffer) {
  std::set<Uuid> seen;
  for (int i = 0; i < 10000; ++i) EXPECT_TRUE(seen.insert(Uuid::V7(At("2026-02-21T12:00:00Z"))).second);
}

TEST(Uuid, Version4SaysSo) {
  const std::string text = Uuid::V4().text();
  EXPECT_EQ(text[14], '4');
  EXPECT_NE(std::string("89ab").find(text[19]), std::string::npos) << text;
}

TEST(Uuid, ParsesItsOwnText) {
  const Uuid id = Uuid::V4();
  ASSERT_TRUE(Uuid::Parse(id.text()));
  EXPECT_EQ(*Uuid::Parse(id.text()), id);
}

TEST(Uuid, RefusesOtherForms) {
  for (const char* text : {"", "019471f2-0a00-7000-8000-00000000000", "019471f2-0a00-7000-8000-0000000000000",
                           "019471F2-0a00-7000-8000-000000000000", "019471f20a00-7000-8000-0000-00000000",
                           "019471f2-0a00-7000-8000-00000000000g", "{19471f2-0a00-7000-8000-00000000000}",
                           "019471f2a0a00-7000-8000-000000000000"}) {
    EXPECT_FALSE(Uuid::Parse(text)) << text;
  }
}

}  // namespace
}  // namespace lotmark
