#include "cli/service_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

namespace lotmark::cli {
namespace {

using std::chrono::milliseconds;
using testing::HasSubstr;
using Kind = Judgement::Kind;

client::ServedVersion Served(const std::string& version) {
  return {ModelName::Parse("m").value(), Version::Parse(version).value(), Sha256Of(version)};
}

const client::ServedVersion kWanted = Served("v2");

client::Health Health(const std::string& active) {
  client::Health health;
  health.replica = "r1";
  health.active = Served(active);
  health.desired = Served(active);
  return health;
}

TEST(JudgeHealthTest, ServesIt) {
  const Judgement judged = JudgeHealth(Health("v2"), kWanted);
  EXPECT_EQ(judged.kind, Kind::kYes);
  EXPECT_EQ(judged.text, "r1 serves v2");
}

TEST(JudgeHealthTest, TheDigestDecidesNotTheName) {
  client::Health health = Health("v2");
  health.active->manifest_sha256 = Sha256Of("other bytes");
  EXPECT_EQ(JudgeHealth(health, kWanted).kind, Kind::kNotYet);
}

TEST(JudgeHealthTest, NotYet) {
  EXPECT_EQ(JudgeHealth(Health("v1"), kWanted).text, "r1 serves v1 and finds v1 desired");
  client::Health loading = Health("v1");
  loading.desired = loading.loading = kWanted;
  EXPECT_EQ(JudgeHealth(loading, kWanted).text, "r1 serves v1 and is loading v2");
  client::Health lost = Health("v1");
  lost.last_failure = {std::nullopt, "no pointer"};
  EXPECT_EQ(JudgeHealth(lost, kWanted).text, "r1 serves v1, no pointer");
  EXPECT_EQ(JudgeHealth(lost, kWanted).kind, Kind::kNotYet);
  const Judgement nobody = JudgeHealth(MachineFailed("connection refused"), kWanted);
  EXPECT_EQ(nobody.kind, Kind::kNotYet);
  EXPECT_EQ(nobody.text, "connection refused");
}

TEST(JudgeHealthTest, ARefusedVersionIsNotWaitedFor) {
  client::Health health = Health("v1");
  health.last_failure = {kWanted, "out of memory"};
  const Judgement judged = JudgeHealth(health, kWanted);
  EXPECT_EQ(judged.kind, Kind::kNo);
  EXPECT_EQ(judged.text, "r1 refuses v2: out of memory");
  health.last_failure->version = Served("v3");
  EXPECT_EQ(JudgeHealth(health, kWanted).kind, Kind::kNotYet) << "another version's failure says nothing";
}

const ExpectedReply kExpected{{"a", "b"}, {0.25, 0.75}, 0.001};

client::Classification Reply(std::vector<double> probabilities) {
  return {kWanted, {"a", "b"}, std::move(probabilities)};
}

TEST(JudgeReplyTest, WithinTheTolerance) {
  const Judgement judged = JudgeReply(Reply({0.2505, 0.7495}), kWanted, kExpected);
  EXPECT_EQ(judged.kind, Kind::kYes);
  EXPECT_EQ(judged.text, "worst difference 0.0005");
}

TEST(JudgeReplyTest, OtherProbabilitiesLabelsOrNotANumber) {
  EXPECT_EQ(JudgeReply(Reply({0.26, 0.74}), kWanted, kExpected).kind, Kind::kNo);
  EXPECT_THAT(JudgeReply(Reply({0.26, 0.74}), kWanted, kExpected).text, HasSubstr("class a: expected 0.25"));
  EXPECT_EQ(JudgeReply(Reply({0.25, std::numeric_limits<double>::quiet_NaN()}), kWanted, kExpected).kind, Kind::kNo);
  client::Classification swapped = Reply({0.75, 0.25});
  swapped.labels = {"b", "a"};
  EXPECT_EQ(JudgeReply(swapped, kWanted, kExpected).kind, Kind::kNo);
  client::Classification less{kWanted, {"a"}, {0.25}};
  EXPECT_EQ(JudgeReply(less, kWanted, kExpected).kind, Kind::kNo);
}

TEST(JudgeReplyTest, AnotherVersionsReplyOrABusyServiceIsNotYet) {
  client::Classification old = Reply({0.25, 0.75});
  old.by = Served("v1");
  EXPECT_EQ(JudgeReply(old, kWanted, kExpected).kind, Kind::kNotYet);
  EXPECT_EQ(JudgeReply(Error{ErrorCode::kBusy, "503"}, kWanted, kExpected).kind, Kind::kNotYet);
  EXPECT_EQ(JudgeReply(MachineFailed("connection reset"), kWanted, kExpected).kind, Kind::kNotYet);
  EXPECT_EQ(JudgeReply(Refused("unusable image"), kWanted, kExpected).kind, Kind::kNo);
}

// Time passes only while it sleeps.
struct FakeTime {
  std::chrono::steady_clock::time_point now;
  Patience patience(milliseconds deadline) {
    return {.deadline = deadline,
            .interval = milliseconds(200),
            .now = [this] { return now; },
            .sleep = [this](milliseconds time) { now += time; }};
  }
};

TEST(AskUntilYesTest, AsksUntilTheAnswerIsYes) {
  FakeTime time;
  int asked = 0;
  const auto answer = AskUntilYes(
      [&] {
        return ++asked < 4 ? Judgement{Kind::kNotYet, "wait"} : Judgement{Kind::kYes, "here"};
      },
      time.patience(milliseconds(10'000)));
  ASSERT_TRUE(answer);
  EXPECT_EQ(*answer, "here");
  EXPECT_EQ(asked, 4);
}

TEST(AskUntilYesTest, ANoEndsItAtOnce) {
  FakeTime time;
  int asked = 0;
  const auto answer = AskUntilYes(
      [&] {
        ++asked;
        return Judgement{Kind::kNo, "refused"};
      },
      time.patience(milliseconds(10'000)));
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().text, "refused");
  EXPECT_EQ(asked, 1);
}

TEST(AskUntilYesTest, TheDeadlineSaysWhatWasSeenLast) {
  FakeTime time;
  int asked = 0;
  const auto answer = AskUntilYes(
      [&] {
        return Judgement{Kind::kNotYet, "try " + std::to_string(++asked)};
      },
      time.patience(milliseconds(1000)));
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, ErrorCode::kRefused);
  EXPECT_EQ(answer.error().text, "not within 1 s: try 6");
}

}  // namespace
}  // namespace lotmark::cli
