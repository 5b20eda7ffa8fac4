#include "manifest/golden_edit.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "manifest/manifest.h"
#include "manifest/testing/test_data.h"

namespace lotmark::manifest {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::StartsWith;

Golden OneCase() {
  Golden golden{GoldenOrigin::kRecorded, 1e-4, {}};
  golden.cases.push_back(
      {{"golden/a \"b\".png", Sha256Of("a"), {}, ""}, Sha256Of("b"), "melanoma", {{Format::kOnnx, {0.75, 0.25, 0}}}});
  return golden;
}

TEST(GoldenEdit, TakesOutAndPutsBackKeepingEveryOtherByte) {
  const std::string full = testing::FullText();
  const std::string without = WithoutGolden(full);
  const size_t at = full.find(",\n  \"golden\"");
  ASSERT_NE(at, std::string::npos);
  EXPECT_EQ(without, full.substr(0, at) + full.substr(full.find(",\n  \"accuracy\"")));
  EXPECT_FALSE(Manifest::Parse(without)->golden());
  EXPECT_EQ(WithoutGolden(without), without);

  const std::string with = WithGolden(without, OneCase());
  EXPECT_THAT(with, StartsWith(full.substr(0, at)));
  EXPECT_THAT(with, EndsWith(full.substr(full.find(",\n  \"accuracy\""))));
  EXPECT_THAT(with, HasSubstr(R"(
  "golden": {
    "origin": "recorded",
    "tolerance": 0.0001,
    "cases": [
      {
        "image": "golden/a \"b\".png",
        "sha256": ")"));
  EXPECT_THAT(with, HasSubstr(R"(
        "top_class": "melanoma",
        "probabilities": {"onnx": [0.75, 0.25, 0.0]}
      }
    ]
  },
)"));
  const auto parsed = Manifest::Parse(with);
  ASSERT_TRUE(parsed) << parsed.error().text;
  EXPECT_EQ(parsed->golden()->origin, GoldenOrigin::kRecorded);
  EXPECT_EQ(parsed->golden()->cases[0].image.sha256, Sha256Of("a"));
  EXPECT_EQ(parsed->golden()->cases[0].pixels_sha256, Sha256Of("b"));
}

TEST(GoldenEdit, ReplacesWhereItStands) {
  const std::string replaced = WithGolden(testing::FullText(), OneCase());
  EXPECT_EQ(WithoutGolden(replaced), WithoutGolden(testing::FullText()));
  EXPECT_EQ(Manifest::Parse(replaced)->golden()->cases.size(), 1u);
}

TEST(GoldenEdit, KeepsTheStyleOfOneLine) {
  Json full = testing::FullJson();
  full.erase("golden");
  const std::string compact = DumpJson(full);
  const std::string with = WithGolden(compact, OneCase());
  EXPECT_THAT(with, HasSubstr(R"(},"golden":{"origin":"recorded","tolerance":0.0001,"cases":[{"image":)"));
  EXPECT_TRUE(Manifest::Parse(with));
  EXPECT_EQ(WithoutGolden(with), compact);
}

TEST(GoldenEdit, StandsFirstOrLast) {
  const std::string full = testing::FullText();
  const std::string golden = DumpJson(testing::FullJson()["golden"]);
  const std::string first = testing::Replaced(WithoutGolden(full), "{", "{ \"golden\": " + golden + " ,");
  ASSERT_TRUE(Manifest::Parse(first));
  EXPECT_EQ(WithoutGolden(first), WithoutGolden(full));

  Json without = testing::FullJson();
  without.erase("golden");
  without.erase("preprocessing");
  const std::string last = WithGolden(DumpJson(without, 2) + "\n", OneCase());
  EXPECT_THAT(last, EndsWith("  }\n}\n"));
  EXPECT_TRUE(Manifest::Parse(last));
}

}  // namespace
}  // namespace lotmark::manifest
