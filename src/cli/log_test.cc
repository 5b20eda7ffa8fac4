#include "cli/log.h"

#include <gtest/gtest.h>

#include "base/json.h"

namespace lotmark::cli {
namespace {

constexpr char kTime[] = "2026-11-25T08:00:00.000000Z";

TEST(FormatLogLine, IsForPeopleOrForPrograms) {
  const LogEvent event{
      .level = LogLevel::kWarning,
      .event = "refused",
      .message = "refused colours v2: broken",
      .fields = {{"model_version", "v2"}, {"count", int64_t{3}}, {"took_ms", 1.5}, {"why", "a \"b\""}}};
  EXPECT_EQ(FormatLogLine(LogFormat::kText, kTime, event),
            "2026-11-25T08:00:00.000000Z warning refused colours v2: broken model_version=v2 count=3 took_ms=1.5 "
            R"(why="a \"b\"")");
  const auto json = ParseJson(FormatLogLine(LogFormat::kJson, kTime, event));
  ASSERT_TRUE(json);
  EXPECT_EQ(*json, (Json{{"time", kTime},
                         {"level", "warning"},
                         {"event", "refused"},
                         {"message", "refused colours v2: broken"},
                         {"model_version", "v2"},
                         {"count", 3},
                         {"took_ms", 1.5},
                         {"why", "a \"b\""}}));
}

// Text from outside cannot make a second line, end a string or colour a terminal.
TEST(FormatLogLine, OneEventIsOneLineWhateverItQuotes) {
  const std::string evil = "a\nb\r\x1b[31m\",\"level\":\"x\xff\xe2\x80\xa8";
  const LogEvent event{.message = evil, .fields = {{"reason", evil}}};
  for (const LogFormat format : {LogFormat::kText, LogFormat::kJson}) {
    const std::string line = FormatLogLine(format, kTime, event);
    EXPECT_EQ(line.find_first_of("\n\r\x1b"), std::string::npos) << line;
  }
  const auto json = ParseJson(FormatLogLine(LogFormat::kJson, kTime, event));
  ASSERT_TRUE(json);
  EXPECT_EQ((*json)["level"], "info");
}

TEST(FormatLogLine, IsOfBoundedLength) {
  const LogEvent event{.message = std::string(100'000, 'x'), .fields = {{"reason", std::string(100'000, 'y')}}};
  EXPECT_LT(FormatLogLine(LogFormat::kJson, kTime, event).size(), 3000u);
}

TEST(ParseLogFormat, KnowsTwo) {
  EXPECT_EQ(*ParseLogFormat("text"), LogFormat::kText);
  EXPECT_EQ(*ParseLogFormat("json"), LogFormat::kJson);
  EXPECT_EQ(ParseLogFormat("xml").error().code, ErrorCode::kUsage);
}

}  // namespace
}  // namespace lotmark::cli
