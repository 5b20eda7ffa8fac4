#include "base/clock.h"

#include <gtest/gtest.h>

namespace lotmark {
namespace {

TEST(Utc, PrintsSixFractionDigitsAlways) {
  EXPECT_EQ(FormatUtc(UtcTime{}), "1970-01-01T00:00:00.000000Z");
  EXPECT_EQ(FormatUtc(UtcTime{std::chrono::microseconds(1771675200000001)}), "2026-02-21T12:00:00.000001Z");
  EXPECT_EQ(FormatUtc(UtcTime{std::chrono::microseconds(-1)}), "1969-12-31T23:59:59.999999Z");
}

TEST(Utc, ParsesZeroToSixFractionDigits) {
  const struct {
    const char* text;
    const char* same;
  } cases[] = {
      {"2026-02-21T12:00:00Z", "2026-02-21T12:00:00.000000Z"},
      {"2026-02-21T12:00:00.5Z", "2026-02-21T12:00:00.500000Z"},
      {"2026-02-21T12:00:00.000001Z", "2026-02-21T12:00:00.000001Z"},
      {"2024-02-29T23:59:59.999999Z", "2024-02-29T23:59:59.999999Z"},
      {"0001-01-01T00:00:00Z", "0001-01-01T00:00:00.000000Z"},
  };
  for (const auto& c : cases) {
    const auto time = ParseUtc(c.text);
    ASSERT_TRUE(time) << c.text;
    EXPECT_EQ(FormatUtc(*time), c.same);
  }
}

TEST(Utc, RefusesOtherFormsAndImpossibleDates) {
  for (const char* text :
       {"", "Z", "2026-02-21", "2026-02-21T12:00:00", "2026-02-21T12:00:00+00:00", "2026-02-21 12:00:00Z",
        "2026-02-30T12:00:00Z", "2025-02-29T12:00:00Z", "2026-13-01T12:00:00Z", "2026-00-01T12:00:00Z",
        "2026-02-21T24:00:00Z", "2026-02-21T12:60:00Z", "2026-02-21T12:00:60Z", "2026-02-21T12:00:00.Z",
        "2026-02-21T12:00:00.0000001Z", "2026-02-21T12:00:00,5Z", "2026-02-21T12:00:00.-5Z", "-026-02-21T12:00:00Z",
        "2026-2-21T12:00:00.00Z"}) {
    EXPECT_FALSE(ParseUtc(text)) << text;
  }
}

TEST(SystemClock, RunsAfterThisWasWritten) { EXPECT_GT(FormatUtc(SystemClock().Now()), "2026-01-01"); }

}  // namespace
}  // namespace lotmark
