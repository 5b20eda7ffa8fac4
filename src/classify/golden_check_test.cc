#include "classify/golden_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

namespace lotmark::classify {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

const std::vector<std::string> kClasses = {"nevus", "melanoma", "wart"};
const Digest kPixels = Sha256Of("pixels");

GoldenCaseResult Check(const std::vector<float>& got, const Digest& pixels = kPixels, bool with_pixels = true) {
  GoldenExpectation expected{{0.7, 0.2, 0.1}, {}, 0.01};
  if (with_pixels) expected.pixels_sha256 = kPixels;
  return CheckGoldenCase("golden/a.png", expected, {got, pixels, Sha256Of("output")}, kClasses);
}

TEST(CheckGoldenCase, AcceptsWhatLiesWithinTheTolerance) {
  const auto result = Check({0.705f, 0.196f, 0.099f});
  EXPECT_EQ(result.failure, "");
  EXPECT_EQ(result.image, "golden/a.png");
  EXPECT_NEAR(result.worst_difference, 0.005, 1e-6);
}

TEST(CheckGoldenCase, NamesTheWorstClassAndBothValues) {
  const auto result = Check({0.65f, 0.33f, 0.02f});
  EXPECT_THAT(result.failure, StartsWith("class melanoma: expected 0.2, got 0.33, tolerance 0.01"));
  EXPECT_NEAR(result.worst_difference, 0.13, 1e-6);
}

TEST(CheckGoldenCase, GuessesTheCause) {
  EXPECT_THAT(Check({0.1f, 0.7f, 0.2f}).failure, HasSubstr("the same values in another order: probably the labels"));
  EXPECT_THAT(Check({0.9f, 0.05f, 0.05f}).failure, HasSubstr("the pixels are right, so probably other normalisation"));
  EXPECT_THAT(Check({0.3f, 0.65f, 0.05f}).failure, HasSubstr("other layout or other weights"));
  EXPECT_THAT(Check({0.9f, 0.05f, 0.05f}, kPixels, false).failure, HasSubstr(": probably other normalisation"));
}

TEST(CheckGoldenCase, RefusesOtherPixelsEvenWhenTheValuesAgree) {
  const auto result = Check({0.7f, 0.2f, 0.1f}, Sha256Of("other pixels"));
  EXPECT_THAT(result.failure, StartsWith("pixels after crop and resize: expected sha256 " + kPixels.hex()));
  EXPECT_THAT(result.failure, HasSubstr(Sha256Of("other pixels").hex()));
  EXPECT_THAT(result.failure, HasSubstr("probably other preprocessing"));
}

TEST(CheckGoldenCase, RefusesWhatIsNotANumber) {
  EXPECT_NE(Check({std::numeric_limits<float>::quiet_NaN(), 0.2f, 0.1f}).failure, "");
}

TEST(IsConstant, NeedsDifferentPixelsAndEqualBits) {
  const GoldenObservation a{{}, Sha256Of("a"), Sha256Of("x")}, b{{}, Sha256Of("b"), Sha256Of("x")};
  const GoldenObservation c{{}, Sha256Of("c"), Sha256Of("y")};
  EXPECT_TRUE(IsConstant({a, b}));
  EXPECT_FALSE(IsConstant({a, a}));
  EXPECT_FALSE(IsConstant({a, b, c}));
  EXPECT_FALSE(IsConstant({a}));
  EXPECT_FALSE(IsConstant({}));
}

TEST(GoldenReport, SaysInOneLineWhatItShowed) {
  GoldenReport report;
  EXPECT_EQ(report.Summary(), "no golden cases");
  EXPECT_TRUE(GoldenVerdict(report));
  report = {manifest::GoldenOrigin::kTraining, 1e-4, {{"a", 3.14e-7, ""}, {"b", 1e-8, ""}}, {}};
  EXPECT_EQ(report.Summary(), "2 golden cases (origin training): agree, worst difference 3.1e-07, tolerance 0.0001");
  EXPECT_TRUE(GoldenVerdict(report));
}

TEST(GoldenReport, NamesTheFirstFailures) {
  GoldenReport report{manifest::GoldenOrigin::kRecorded, 0.1, {}, {}};
  for (const char* image : {"a", "b", "c", "d", "e"}) report.cases.push_back({image, 0.5, "is wrong"});
  report.cases[1].failure.clear();
  const auto verdict = GoldenVerdict(report);
  ASSERT_FALSE(verdict);
  EXPECT_EQ(verdict.error().code, ErrorCode::kRefused);
  EXPECT_EQ(verdict.error().text,
            "golden test classification: 4 of 5 cases failed; a: is wrong; c: is wrong; d: is wrong; and 1 more");
  EXPECT_THAT(report.Summary(), HasSubstr("(origin recorded): 4 failed"));
}

}  // namespace
}  // namespace lotmark::classify
