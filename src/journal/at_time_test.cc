#include "journal/at_time.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <sstream>

namespace lotmark::journal {
namespace {

using testing::ElementsAre;

UtcTime At(int64_t seconds) { return UtcTime(std::chrono::seconds(seconds)); }
ModelName Model(std::string_view text) { return ModelName::Parse(text).value(); }

// A log from words such as "10:a1 11:A1": time, letter of the event, version. a A activating/activated, b B rolling
// back/rolled back, r R registering/registered, c recovered as completed, x as abandoned; a capital M before the
// version is another model's: "10:AM1".
std::vector<Event> Log(const std::string& words) {
  static const std::map<char, EventKind> kKinds{{'a', EventKind::kActivating},  {'A', EventKind::kActivated},
                                                {'b', EventKind::kRollingBack}, {'B', EventKind::kRolledBack},
                                                {'r', EventKind::kRegistering}, {'R', EventKind::kRegistered},
                                                {'c', EventKind::kRecovered},   {'x', EventKind::kRecovered}};
  std::vector<Event> events;
  std::istringstream stream(words);
  for (std::string word; stream >> word;) {
    const size_t colon = word.find(':');
    const char letter = word[colon + 1];
    std::string version = word.substr(colon + 2);
    Event event;
    event.index = events.size();
    event.time = At(std::stoll(word.substr(0, colon)));
    event.kind = kKinds.at(letter);
    event.model = Model(version[0] == 'M' ? "other" : "m");
    if (version[0] == 'M') version.erase(0, 1);
    event.version = Version::Parse(version).value();
    if (letter == 'c') event.outcome = Outcome::kCompleted;
    if (letter == 'x') event.outcome = Outcome::kAbandoned;
    events.push_back(event);
  }
  return events;
}

// The candidates at `time` as "version@event", "-" for none.
std::string Desired(const std::string& words, int64_t time) {
  std::string text;
  for (const DesiredBy& by : DesiredAt(Log(words), Model("m"), At(time))) {
    text += (text.empty() ? "" : " ") + (by ? by->version->text() + "@" + std::to_string(by->index) : "-");
  }
  return text;
}

TEST(PlacesOfTest, OneWhileTimesDoNotStepBack) {
  const std::vector<UtcTime> times{At(10), At(10), At(20)};
  EXPECT_THAT(PlacesOf(At(9), times), ElementsAre(0));
  EXPECT_THAT(PlacesOf(At(10), times), ElementsAre(2));
  EXPECT_THAT(PlacesOf(At(19), times), ElementsAre(2));
  EXPECT_THAT(PlacesOf(At(20), times), ElementsAre(3));
  EXPECT_THAT(PlacesOf(At(0), {}), ElementsAre(0));
}

TEST(PlacesOfTest, EachWhereTheClockCanHaveShownIt) {
  const std::vector<UtcTime> times{At(10), At(20), At(15), At(30)};
  EXPECT_THAT(PlacesOf(At(12), times), ElementsAre(1));
  EXPECT_THAT(PlacesOf(At(15), times), ElementsAre(1, 3));
  EXPECT_THAT(PlacesOf(At(19), times), ElementsAre(1, 3));
  EXPECT_THAT(PlacesOf(At(20), times), ElementsAre(3));
  EXPECT_THAT(PlacesOf(At(30), times), ElementsAre(4));
}

// Whatever the times are, there is a place, and the last one ends at or before the moment.
TEST(PlacesOfTest, NeverNone) {
  for (int code = 0; code < 4 * 4 * 4 * 4; ++code) {
    const std::vector<UtcTime> times{At(code % 4), At(code / 4 % 4), At(code / 16 % 4), At(code / 64)};
    for (int at = -1; at < 5; ++at) {
      const auto places = PlacesOf(At(at), times);
      ASSERT_FALSE(places.empty()) << code;
      for (size_t later = places.back(); later < times.size(); ++later) ASSERT_GT(times[later], At(at)) << code;
      if (std::is_sorted(times.begin(), times.end())) {
        ASSERT_EQ(places.size(), 1u) << code;
      }
    }
  }
}

TEST(DesiredAtTest, NothingBeforeTheFirstActivation) {
  EXPECT_EQ(Desired("", 5), "-");
  EXPECT_EQ(Desired("10:r1 10:R1 20:a1 21:A1", 5), "-");
  EXPECT_EQ(Desired("10:r1 10:R1 20:a1 21:A1", 15), "-");
  EXPECT_EQ(Desired("10:r1 10:R1 20:a1 21:A1", 20), "-");
}

TEST(DesiredAtTest, TheLastMoveAtOrBefore) {
  const std::string log = "10:a1 11:A1 20:a2 21:A2 25:r3 25:R3 30:b1 31:B1";
  EXPECT_EQ(Desired(log, 11), "1@1");
  EXPECT_EQ(Desired(log, 20), "1@1");
  EXPECT_EQ(Desired(log, 21), "2@3");
  EXPECT_EQ(Desired(log, 30), "2@3");
  EXPECT_EQ(Desired(log, 31), "1@7");
  EXPECT_EQ(Desired(log, 1000), "1@7");
}

TEST(DesiredAtTest, OfEqualTimesTheLastByIndex) { EXPECT_EQ(Desired("10:a1 10:A1 10:a2 10:A2", 10), "2@3"); }

TEST(DesiredAtTest, MovesOfAnotherModelAreNone) {
  const std::string log = "10:a1 11:A1 20:aM2 21:AM2";
  EXPECT_EQ(Desired(log, 30), "1@1");
  EXPECT_EQ(Desired("20:aM2 21:AM2", 30), "-");
}

TEST(DesiredAtTest, ACompletedMoveCountsAndAnAbandonedOneDoesNot) {
  EXPECT_EQ(Desired("10:a1 11:A1 20:a2 90:c2", 95), "2@3");
  EXPECT_EQ(Desired("10:a1 11:A1 20:a2 90:x2", 95), "1@1");
  EXPECT_EQ(Desired("10:a1 11:A1 20:a2 90:x2", 50), "1@1");
  EXPECT_EQ(Desired("10:r1 20:c1", 50), "-") << "a registration that was completed moves no pointer";
}

TEST(DesiredAtTest, WhileADeadCommandWasNotRecoveredEitherIsPossible) {
  EXPECT_EQ(Desired("10:a1 11:A1 20:a2 90:c2", 19), "1@1");
  EXPECT_EQ(Desired("10:a1 11:A1 20:a2 90:c2", 20), "1@1 2@3");
  EXPECT_EQ(Desired("10:a1 11:A1 20:a2 90:c2", 89), "1@1 2@3");
  EXPECT_EQ(Desired("10:a1 90:c1", 50), "- 1@1");
  EXPECT_EQ(Desired("10:a1 11:A1 20:a2", 50), "1@1 2@2") << "an open intent: a command is at work, or died";
  EXPECT_EQ(Desired("10:r1", 50), "-");
}

TEST(DesiredAtTest, AClockThatSteppedBackLeavesAllCandidates) {
  // Version 2 came at 20; then the clock was set back to 15, and version 3 came at 16 of the new time.
  const std::string log = "10:a1 10:A1 20:a2 20:A2 16:a3 16:A3 40:a4 40:A4";
  EXPECT_EQ(Desired(log, 15), "1@1") << "before the step the clock showed it once";
  EXPECT_EQ(Desired(log, 16), "1@1 3@5");
  EXPECT_EQ(Desired(log, 19), "1@1 3@5");
  EXPECT_EQ(Desired(log, 20), "3@5") << "the last by index that is not later";
  EXPECT_EQ(Desired(log, 40), "4@7");
}

TEST(DesiredAtTest, AnEventThatMovesNothingAlsoShowsThatTheClockSteppedBack) {
  const std::string log = "10:a1 10:A1 20:a2 20:A2 15:rM9 15:RM9";
  EXPECT_EQ(Desired(log, 14), "1@1");
  EXPECT_EQ(Desired(log, 17), "1@1 2@3");
  EXPECT_EQ(Desired(log, 25), "2@3");
}

TEST(DesiredAtTest, CandidatesOfOneVersionAreOneAnswer) {
  // 1, then 2, and back to 1 while the clock went back: at 12 it was 1 either way.
  EXPECT_EQ(Desired("10:a1 10:A1 15:a2 15:A2 11:b1 11:B1", 12), "1@5");
  // Activated later by the clock, known already at an earlier place.
  EXPECT_EQ(Desired("10:a1 10:A1 20:a2 20:A2 30:b1 30:B1 15:r9 15:R9", 17), "1@1");
}

TEST(DesiredAtTest, AClockThatWasAheadAtFirst) {
  // The volume was made by a clock a day ahead: at 50 either nothing had happened yet, or all.
  EXPECT_EQ(Desired("100:a1 100:A1 20:a2 20:A2", 50), "- 2@3");
  EXPECT_EQ(Desired("100:a1 100:A1 20:a2 20:A2", 10), "-");
  EXPECT_EQ(Desired("100:a1 100:A1 20:a2 20:A2", 100), "2@3");
}

TEST(DesiredAtTest, SeveralSteps) {
  const std::string log = "10:a1 10:A1 30:a2 30:A2 12:a3 12:A3 31:a4 31:A4 13:a5 13:A5";
  EXPECT_EQ(Desired(log, 20), "1@1 3@5 5@9");
  EXPECT_EQ(Desired(log, 30), "3@5 5@9");
  EXPECT_EQ(Desired(log, 31), "5@9");
}

}  // namespace
}  // namespace lotmark::journal
