#include "classify/golden_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "classify/golden_report.h"

namespace lotmark::classify {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

const std::vector<std::string> kClasses = {"nevus", "melanoma", "wart"};
const Digest kPixels = Sha256Of("pixels");

GoldenExpectation Expected(bool with_pixels = true) {
  GoldenExpectation expected{{0.7, 0.2, 0.1}, {}, 0.01};
  if (with_pixels) expected.pixels_sha256 = kPixels;
  return expected;
}

GoldenComparison Compare(const std::vector<float>& got, const Digest& pixels = kPixels, bool with_pixels = true) {
  return CompareGolden(Expected(with_pixels), {got, pixels, Sha256Of("output")}, kClasses);
}

TEST(CompareGolden, AcceptsWhatLiesWithinTheTolerance) {
  const auto comparison = Compare({0.705f, 0.196f, 0.099f});
  EXPECT_EQ(comparison.failure, "");
  EXPECT_NEAR(comparison.worst_difference, 0.005, 1e-6);
}

TEST(CompareGolden, NamesTheWorstClassAndBothValues) {
  const auto comparison = Compare({0.65f, 0.33f, 0.02f});
  EXPECT_EQ(comparison.failure, "class melanoma: expected 0.2, got 0.33, tolerance 0.01");
  EXPECT_NEAR(comparison.worst_difference, 0.13, 1e-6);
}

TEST(CompareGolden, RefusesOtherPixelsEvenWhenTheValuesAgree) {
  const auto comparison = Compare({0.7f, 0.2f, 0.1f}, Sha256Of("other pixels"));
  EXPECT_THAT(comparison.failure, StartsWith("pixels after crop and resize: expected sha256 " + kPixels.hex()));
  EXPECT_THAT(comparison.failure, HasSubstr(Sha256Of("other pixels").hex()));
  EXPECT_EQ(Compare({0.7f, 0.2f, 0.1f}, Sha256Of("other pixels"), false).failure, "");
}

TEST(CompareGolden, RefusesWhatIsNotANumber) {
  constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
  EXPECT_NE(Compare({kNan, 0.2f, 0.1f}).failure, "");
  EXPECT_NE(Compare({0.7f, 0.2f, kNan}).failure, "");
}

GoldenObservation Gave(std::vector<float> probabilities) {
  return {std::move(probabilities), kPixels, Sha256Of("output")};
}

TEST(LabelOrderCause, NamesTheLabelsThatAreNotInTheOrderOfTheOutputs) {
  // The model's outputs are melanoma, nevus, wart.
  EXPECT_EQ(LabelOrderCause({Expected()}, {Gave({0.2f, 0.7f, 0.1f})}, kClasses),
            "the labels of `classes` are not in the order of the model's outputs (output 0, called 'nevus', gives "
            "what is expected of 'melanoma', output 1, called 'melanoma', gives what is expected of 'nevus')");
}

TEST(LabelOrderCause, NeedsOneOrderThatExplainsEveryCase) {
  const std::vector<GoldenExpectation> expected = {Expected(), Expected()};
  EXPECT_EQ(LabelOrderCause(expected, {Gave({0.2f, 0.7f, 0.1f}), Gave({0.1f, 0.2f, 0.7f})}, kClasses), "");
  EXPECT_EQ(LabelOrderCause(expected, {Gave({0.2f, 0.7f, 0.1f}), Gave({0.6f, 0.3f, 0.1f})}, kClasses), "");
  EXPECT_EQ(LabelOrderCause({}, {}, kClasses), "");
}

TEST(LabelOrderCause, NamesOnlyWhatTheCasesTellApart) {
  const GoldenExpectation sure{{1, 0, 0}, {}, 0.01};
  EXPECT_THAT(LabelOrderCause({sure}, {Gave({0, 1, 0})}, kClasses),
              HasSubstr("(output 1, called 'melanoma', gives what is expected of 'nevus')"));
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
  report = {manifest::GoldenOrigin::kTraining, 1e-4, {{"a", 3.14e-7}, {"b", 1e-8}}, {}};
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
  report.likely_cause = "it rains";
  EXPECT_THAT(GoldenVerdict(report).error().text, HasSubstr("4 of 5 cases failed, probably because it rains; a: is"));
}

}  // namespace
}  // namespace lotmark::classify
