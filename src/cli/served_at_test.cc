#include "cli/served_at.h"

#include <gtest/gtest.h>

#include <sstream>

namespace lotmark::cli {
namespace {

using records::ServiceEventKind;

UtcTime At(int64_t seconds) { return UtcTime(std::chrono::seconds(seconds)); }

// Words such as "10:a:L1": time, replica, L loaded / S swapped / F refused / D drained, version; "M1" is another
// model's version.
std::vector<records::ServiceEvent> Events(const std::string& words) {
  std::vector<records::ServiceEvent> events;
  std::istringstream stream(words);
  for (std::string word; stream >> word;) {
    const size_t first = word.find(':'), second = word.find(':', first + 1);
    std::string version = word.substr(second + 2);
    records::ServiceEvent event;
    event.time = At(std::stoll(word.substr(0, first)));
    event.replica = word.substr(first + 1, second - first - 1);
    event.kind = word[second + 1] == 'L'   ? ServiceEventKind::kLoaded
                 : word[second + 1] == 'S' ? ServiceEventKind::kSwapped
                 : word[second + 1] == 'F' ? ServiceEventKind::kRefused
                                           : ServiceEventKind::kDrained;
    event.model_name = version[0] == 'M' ? "other" : "m";
    event.model_version = version;
    event.manifest_sha256 = Sha256Of(event.model_name + version);
    events.push_back(event);
  }
  return events;
}

// "a=1 b=1|-": the candidates of each replica.
std::string Served(const std::string& words, int64_t at) {
  std::string text;
  for (const auto& [replica, candidates] : ServedAt(Events(words), ModelName::Parse("m").value(), At(at))) {
    text += (text.empty() ? "" : " ") + replica + "=";
    for (size_t i = 0; i < candidates.size(); ++i) {
      text += (i == 0 ? "" : "|") + (candidates[i] ? candidates[i]->model_version : "-");
    }
  }
  return text;
}

TEST(ServedAtTest, TheLastReportAtOrBefore) {
  const std::string log = "10:a:L1 12:b:L1 20:a:S2 21:b:F2 30:b:S2 40:a:D2";
  EXPECT_EQ(Served(log, 5), "a=- b=-");
  EXPECT_EQ(Served(log, 10), "a=1 b=-");
  EXPECT_EQ(Served(log, 20), "a=2 b=1");
  EXPECT_EQ(Served(log, 25), "a=2 b=1") << "a refused version changes nothing";
  EXPECT_EQ(Served(log, 30), "a=2 b=2");
  EXPECT_EQ(Served(log, 50), "a=- b=2") << "drained";
}

TEST(ServedAtTest, ARestartAfterAKill) { EXPECT_EQ(Served("10:a:L1 30:a:L2", 20), "a=1"); }

TEST(ServedAtTest, OtherModels) {
  EXPECT_EQ(Served("10:a:LM1", 20), "");
  EXPECT_EQ(Served("10:a:L1 20:a:LM1", 15), "a=1");
  EXPECT_EQ(Served("10:a:L1 20:a:LM1", 25), "a=-");
  EXPECT_EQ(Served("", 25), "");
}

TEST(ServedAtTest, AReplicaWhoseClockSteppedBackAndAnotherWhoseDidNot) {
  const std::string log = "10:a:L1 10:b:L1 20:a:S2 15:a:S3 20:b:S2";
  EXPECT_EQ(Served(log, 17), "a=1|3 b=1");
  EXPECT_EQ(Served(log, 20), "a=3 b=2");
}

}  // namespace
}  // namespace lotmark::cli
