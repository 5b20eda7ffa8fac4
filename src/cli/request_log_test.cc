#include "cli/request_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/json.h"

namespace lotmark::cli {
namespace {

using ::testing::HasSubstr;

constexpr char kTime[] = "2026-11-25T08:00:00.000000Z";

api::RequestLine SampleLine() {
  api::RequestLine line;
  line.request_id = "r-1";
  line.trace = {.trace_id = std::string(32, 'a'), .span_id = std::string(16, 'b')};
  line.route = "/classify";
  line.status = 200;
  line.took = std::chrono::microseconds(12'345);
  line.classification = serve::ClassifyFacts{.result = serve::ClassifyResult::kOk};
  line.classification->version = *Version::Parse("v1");
  line.classification->manifest_sha256 = Sha256Of("m");
  line.classification->times[serve::Stage::kInference] = std::chrono::microseconds(10'500);
  line.classification_id = Uuid::Parse("019471f2-0a00-7000-8000-000000000000").value();
  return line;
}

TEST(RequestEvent, NamesAClassification) {
  const auto json = ParseJson(FormatLogLine(LogFormat::kJson, kTime, RequestEvent(SampleLine())));
  ASSERT_TRUE(json);
  EXPECT_EQ(*json, (Json{{"time", kTime},
                         {"level", "info"},
                         {"event", "classification"},
                         {"message", "classification"},
                         {"request_id", "r-1"},
                         {"trace_id", std::string(32, 'a')},
                         {"span_id", std::string(16, 'b')},
                         {"route", "/classify"},
                         {"status", 200},
                         {"classification_id", "019471f2-0a00-7000-8000-000000000000"},
                         {"result", "ok"},
                         {"model_version", "v1"},
                         {"manifest_sha256", Sha256Of("m").hex()},
                         {"inference_ms", 10.5},
                         {"total_ms", 12.345}}));
}

TEST(RequestEvent, AFailureOfThisSideIsAnErrorWithItsReason) {
  api::RequestLine line = SampleLine();
  line.status = 500;
  line.failure = "/srv/records.db: input/output error";
  EXPECT_EQ(RequestEvent(line).level, LogLevel::kError);
  EXPECT_THAT(RequestEvent(line).message, HasSubstr("/srv/records.db: input/output error"));
  line.failure = "";
  EXPECT_EQ(RequestEvent(line).level, LogLevel::kInfo);
}

}  // namespace
}  // namespace lotmark::cli
