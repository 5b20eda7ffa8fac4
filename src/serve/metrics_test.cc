#include "serve/metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <regex>
#include <set>
#include <sstream>
#include <thread>

#include "serve/testing/fake_volume.h"

namespace lotmark::serve {
namespace {

using ::testing::Contains;
using ::testing::Key;
using ::testing::Not;
using ::testing::Pair;

// Reads the text exposition strictly: series -> value. The test fails at a line that the format does not know.
std::map<std::string, double> Parse(const std::string& text) {
  static const std::regex kComment(R"(# (HELP|TYPE) ([a-zA-Z_:][a-zA-Z0-9_:]*) (.+))");
  static const std::regex kSample(
      R"rx(([a-zA-Z_:][a-zA-Z0-9_:]*)(\{[a-z_0-9]+="[^"\\]*"(,[a-z_0-9]+="[^"\\]*")*\})? ([0-9.e+-]+))rx");
  std::map<std::string, double> series;
  std::set<std::string> typed;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    std::smatch match;
    if (std::regex_match(line, match, kComment)) {
      if (match[1] == "TYPE") {
        EXPECT_TRUE(typed.insert(match[2]).second) << "twice: " << line;
      }
      continue;
    }
    const bool is_sample = std::regex_match(line, match, kSample);
    EXPECT_TRUE(is_sample) << line;
    if (!is_sample) continue;
    const std::string base = std::regex_replace(match[1].str(), std::regex("_(bucket|sum|count)$"), "");
    EXPECT_TRUE(typed.contains(match[1]) || typed.contains(base)) << "no type before: " << line;
    EXPECT_TRUE(series.emplace(match[1].str() + match[2].str(), std::stod(match[4])).second) << "twice: " << line;
  }
  EXPECT_TRUE(text.ends_with('\n'));
  return series;
}

class MetricsTest : public ::testing::Test {
 protected:
  std::map<std::string, double> Render() { return Parse(metrics_->Render(figures_)); }

  // A classification by `version` ("" = none was chosen) that took these times.
  void Count(const std::string& version, ClassifyResult result,
             std::initializer_list<std::pair<Stage, std::chrono::milliseconds>> times = {}) {
    ClassifyFacts facts{.result = result};
    if (!version.empty()) facts.version = *Version::Parse(version);
    for (const auto& [stage, time] : times) facts.times[stage] = time;
    metrics_->CountClassification(facts);
  }

  std::unique_ptr<Metrics> metrics_ = Metrics::Make();
  ServiceFigures figures_;
  KeeperState& state_ = figures_.keeper;
  records::Writer::Stats& writer_ = figures_.writer;
};

TEST_F(MetricsTest, CountsClassificationsByVersionAndResult) {
  Count("v1", ClassifyResult::kOk);
  Count("v1", ClassifyResult::kOk);
  Count("v2", ClassifyResult::kRefused);
  Count("", ClassifyResult::kBusy);
  const auto series = Render();
  EXPECT_THAT(series, Contains(Pair(R"(lotmark_classifications_total{model_version="v1",result="ok"})", 2)));
  EXPECT_THAT(series, Contains(Pair(R"(lotmark_classifications_total{model_version="v2",result="refused"})", 1)));
  EXPECT_THAT(series, Contains(Pair(R"(lotmark_classifications_total{model_version="",result="busy"})", 1)));
}

TEST_F(MetricsTest, TimesEachStageInSeconds) {
  Count("v1", ClassifyResult::kOk, {{Stage::kInference, std::chrono::milliseconds(30)}});
  Count("v1", ClassifyResult::kOk, {{Stage::kInference, std::chrono::milliseconds(70)}});
  Count("v1", ClassifyResult::kRefused, {{Stage::kTotal, std::chrono::milliseconds(1)}});
  const auto series = Render();
  const std::string labels = R"(model_version="v1",result="ok",stage="inference")";
  EXPECT_THAT(series, Contains(Pair("lotmark_classification_stage_seconds_count{" + labels + "}", 2)));
  EXPECT_NEAR(series.at("lotmark_classification_stage_seconds_sum{" + labels + "}"), 0.1, 1e-9);
  EXPECT_THAT(series, Contains(Pair("lotmark_classification_stage_seconds_bucket{" + labels + R"(,le="0.05"})", 1)));
  const std::string count = R"(lotmark_classification_stage_seconds_count{model_version="v1",result="refused",stage=)";
  EXPECT_THAT(series, Contains(Pair(count + R"("total"})", 1)));
  EXPECT_THAT(series, Not(Contains(Key(count + R"("inference"})")))) << "a stage that was never reached has no time";
}

// A replica that lives for years meets many versions.
TEST_F(MetricsTest, ForgetsVersionsThatWereUsedLongAgo) {
  const auto count_series = [this] { return Render().size(); };
  const auto work = [this](const std::string& version) {
    for (const auto result : {ClassifyResult::kOk, ClassifyResult::kRefused}) {
      Count(version, result, {{Stage::kTotal, std::chrono::milliseconds(1)}});
    }
  };
  for (size_t i = 0; i < Metrics::kVersions; ++i) work("v" + std::to_string(i));
  const size_t bound = count_series();
  for (int i = 0; i < 200; ++i) {
    work("v0");  // still serves
    work("w" + std::to_string(i));
  }
  EXPECT_EQ(count_series(), bound);
  const auto series = Render();
  EXPECT_THAT(series, Contains(Pair(R"(lotmark_classifications_total{model_version="v0",result="ok"})", 201)));
  EXPECT_THAT(series, Contains(Pair(R"(lotmark_classifications_total{model_version="w199",result="ok"})", 1)));
  EXPECT_THAT(series, Not(Contains(Key(R"(lotmark_classifications_total{model_version="v1",result="ok"})"))));
}

TEST_F(MetricsTest, CountsResponsesAndModelEvents) {
  metrics_->CountHttpResponse("/classifications/{id}", 404);
  metrics_->CountModelEvent(KeeperEvent::kSwapped);
  const auto series = Render();
  EXPECT_THAT(series, Contains(Pair(R"(lotmark_http_responses_total{route="/classifications/{id}",status="404"})", 1)));
  EXPECT_THAT(series, Contains(Pair(R"(lotmark_model_events_total{event="swapped"})", 1)));
}

TEST_F(MetricsTest, ShowsDesiredAndActiveModelAndForgetsThoseBefore) {
  const auto v1 = testing::IdentityOf(*testing::MakeModel("v1"));
  const auto v2 = testing::IdentityOf(*testing::MakeModel("v2"));
  const auto series_of = [](const char* role, const VersionIdentity& identity) {
    return R"(lotmark_model_info{manifest_sha256=")" + identity.manifest_sha256.hex() +
           R"(",model_name="colours",model_version=")" + identity.version.text() + R"(",role=")" + role + "\"}";
  };
  state_.desired = state_.active = v1;
  EXPECT_THAT(Render(), Contains(Pair("lotmark_model_in_sync", 1)));
  state_.desired = v2;
  state_.loading = v2;
  auto series = Render();
  EXPECT_THAT(series, Contains(Pair(series_of("desired", v2), 1)));
  EXPECT_THAT(series, Contains(Pair(series_of("active", v1), 1)));
  EXPECT_THAT(series, Not(Contains(Key(series_of("desired", v1)))));
  EXPECT_THAT(series, Contains(Pair("lotmark_model_in_sync", 0)));
  EXPECT_THAT(series, Contains(Pair("lotmark_model_loading", 1)));
  state_.active = v2;
  state_.loading.reset();
  series = Render();
  EXPECT_THAT(series, Contains(Pair(series_of("active", v2), 1)));
  EXPECT_THAT(series, Not(Contains(Key(series_of("active", v1)))));
  EXPECT_THAT(series, Contains(Pair("lotmark_model_in_sync", 1)));
}

TEST_F(MetricsTest, ShowsWhatKeepsAModelFromServing) {
  auto series = Render();
  EXPECT_THAT(series, Contains(Pair("lotmark_model_failing", 0)));
  EXPECT_THAT(series, Contains(Pair("lotmark_model_withdrawn", 0)));
  EXPECT_THAT(series, Contains(Pair(R"(lotmark_model_events_total{event="withdrawn"})", 0))) << "before the first";
  const auto v1 = testing::IdentityOf(*testing::MakeModel("v1"));
  state_.previous_kept = v1;
  state_.last_failure = LoadFailure{std::nullopt, "pointer not authorised", {}};
  state_.withdrawn = WithdrawnVersion{v1, "was rolled back from", {}, false};
  series = Render();
  EXPECT_THAT(series, Contains(Pair("lotmark_model_failing", 1)));
  EXPECT_THAT(series, Contains(Pair("lotmark_model_withdrawn", 0))) << "it still serves";
  EXPECT_THAT(series, Contains(Pair(R"(lotmark_model_info{manifest_sha256=")" + v1.manifest_sha256.hex() +
                                        R"(",model_name="colours",model_version="v1",role="previous_kept"})",
                                    1)));
  state_.withdrawn->refusing = true;
  EXPECT_THAT(Render(), Contains(Pair("lotmark_model_withdrawn", 1)));
}

TEST_F(MetricsTest, ShowsWorkAndProcess) {
  figures_.decode_memory = {.limit = 1000, .reserved = 600, .peak = 900, .waiting = 3};
  figures_.log_dropped = 5;
  figures_.process = ReadProcessStats();
  state_.last_load = std::chrono::milliseconds(1500);
  state_.last_golden = std::chrono::milliseconds(500);
  const auto series = Render();
  EXPECT_THAT(series, Contains(Pair("lotmark_decode_memory_reserved_bytes", 600)));
  EXPECT_THAT(series, Contains(Pair("lotmark_decode_memory_limit_bytes", 1000)));
  EXPECT_THAT(series, Contains(Pair("lotmark_decode_memory_waiting", 3)));
  EXPECT_THAT(series, Contains(Pair("lotmark_log_dropped_total", 5)));
  EXPECT_THAT(series, Contains(Pair("lotmark_model_load_seconds", 1.5)));
  EXPECT_THAT(series, Contains(Pair("lotmark_model_golden_seconds", 0.5)));
  EXPECT_THAT(series, Contains(Pair(R"(lotmark_model_events_total{event="swapped"})", 0))) << "before the first";
  EXPECT_GT(series.at("process_resident_memory_bytes"), 1 << 20);
  EXPECT_GT(series.at("process_virtual_memory_bytes"), series.at("process_resident_memory_bytes"));
  EXPECT_GE(series.at("process_threads"), 1);
}

TEST_F(MetricsTest, ShowsQueuesAndRecords) {
  figures_.queued = 3;
  writer_ = {.rows = 10,
             .groups = 4,
             .failed_groups = 1,
             .queued = 2,
             .last_group = 7,
             .oldest_waiting = std::chrono::milliseconds(250)};
  auto series = Render();
  EXPECT_THAT(series, Contains(Pair("lotmark_records_lag_seconds", 0.25)));
  EXPECT_THAT(series, Contains(Pair("lotmark_records_last_transaction_rows", 7)));
  EXPECT_THAT(series, Contains(Pair("lotmark_queue_depth", 3)));
  EXPECT_THAT(series, Contains(Pair("lotmark_records_queue_depth", 2)));
  EXPECT_THAT(series, Contains(Pair("lotmark_records_rows_total", 10)));
  EXPECT_THAT(series, Contains(Pair("lotmark_records_transactions_total", 4)));
  EXPECT_THAT(series, Contains(Pair("lotmark_records_failed_transactions_total", 1)));
  writer_.rows = 8;  // older figures, rendered late
  EXPECT_THAT(Render(), Contains(Pair("lotmark_records_rows_total", 10))) << "a counter never falls";
}

TEST_F(MetricsTest, LabelsAreOfAFixedSet) {
  Count("v1", ClassifyResult::kOk, {{Stage::kTotal, std::chrono::milliseconds(1)}});
  metrics_->CountHttpResponse("/health", 200);
  metrics_->CountModelEvent(KeeperEvent::kLoaded);
  state_.active = testing::IdentityOf(*testing::MakeModel("v1"));
  const std::set<std::string> known{"stage", "model_version", "result", "route",      "status",
                                    "le",    "event",         "role",   "model_name", "manifest_sha256"};
  for (const auto& [series, value] : Render()) {
    static const std::regex kLabel(R"(([a-z_0-9]+)=")");
    for (std::sregex_iterator at(series.begin(), series.end(), kLabel), end; at != end; ++at) {
      EXPECT_TRUE(known.contains((*at)[1])) << series;
    }
  }
}

TEST_F(MetricsTest, CountsAndRendersAtTheSameTime) {
  std::vector<std::thread> threads;
  for (int i = 0; i < 3; ++i) {
    threads.emplace_back([&] {
      for (int n = 0; n < 200; ++n) {
        Count("v1", ClassifyResult::kOk, {{Stage::kTotal, std::chrono::milliseconds(1)}});
        Count("w" + std::to_string(n % 20), ClassifyResult::kBusy, {{Stage::kTotal, std::chrono::milliseconds(1)}});
      }
    });
  }
  const auto v1 = testing::IdentityOf(*testing::MakeModel("v1"));
  for (int n = 0; n < 20; ++n) {
    ServiceFigures figures;
    if (n % 2 == 0) figures.keeper.active = v1;
    EXPECT_FALSE(metrics_->Render(figures).empty());
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_THAT(Render(), Contains(Pair(R"(lotmark_classifications_total{model_version="v1",result="ok"})", 600)));
}

}  // namespace
}  // namespace lotmark::serve
