#include "journal/history.h"

#include <gtest/gtest.h>

#include <sstream>

namespace lotmark::journal {
namespace {

ModelName TheModel() { return ModelName::Parse("m").value(); }
Version V(std::string_view text) { return Version::Parse(text).value(); }

EventKind KindOf(char letter) {
  switch (letter) {
    case 'r':
      return EventKind::kRegistering;
    case 'R':
      return EventKind::kRegistered;
    case 'a':
      return EventKind::kActivating;
    case 'A':
      return EventKind::kActivated;
    case 'b':
      return EventKind::kRollingBack;
    case 'B':
      return EventKind::kRolledBack;
    case 's':
      return EventKind::kStopping;
    case 'S':
      return EventKind::kStopped;
    case 'p':
      return EventKind::kRepairing;
    case 'P':
      return EventKind::kRepaired;
    case 'q':
      return EventKind::kQuarantined;
    default:
      return EventKind::kRecovered;
  }
}

// A log from words such as "r1 R1 a1 A1": event letter and version; 'c' is recovered as completed, 'x' as abandoned.
std::vector<Event> Log(const std::string& words) {
  std::vector<Event> events(1);
  events[0].kind = EventKind::kVolumeCreated;
  events[0].model = TheModel();
  events[0].file_sha256 = Sha256Of("the first policy");
  std::istringstream stream(words);
  for (std::string word; stream >> word;) {
    Event event;
    event.index = events.size();
    event.time = UtcTime(std::chrono::seconds(event.index));
    event.kind = KindOf(word[0]);
    event.policy_sha256 = events[0].file_sha256;
    event.model = TheModel();
    event.version = V(word.substr(1));
    event.manifest_sha256 = Sha256Of("manifest of " + word.substr(1));
    if (word[0] == 'c') event.outcome = Outcome::kCompleted;
    if (word[0] == 'x') event.outcome = Outcome::kAbandoned;
    events.push_back(event);
  }
  return events;
}

// "1 2 3": what could be gone back to, the active one last.
std::string Activations(const std::string& words) {
  const auto history = FoldEvents(Log(words));
  if (!history) return "error: " + history.error().text;
  std::string text;
  for (const Activation& at : history->Of(TheModel()).activations) {
    text += (text.empty() ? "" : " ") + at.version.text();
  }
  return text;
}

std::string Target(const std::string& words) {
  const auto history = FoldEvents(Log(words));
  if (!history) return "error: " + history.error().text;
  const auto target = RollbackTarget(*history, TheModel());
  return target ? target->text() : "none";
}

const std::string kThree = "r1 R1 r2 R2 r3 R3 ";

TEST(RollbackTarget, GoesOneFurtherEachTime) {
  EXPECT_EQ(Target(""), "none");
  EXPECT_EQ(Target(kThree + "a1 A1"), "none");
  EXPECT_EQ(Target(kThree + "a1 A1 a2 A2 a3 A3"), "2");
  EXPECT_EQ(Target(kThree + "a1 A1 a2 A2 a3 A3 b2 B2"), "1");
  EXPECT_EQ(Target(kThree + "a1 A1 a2 A2 a3 A3 b2 B2 b1 B1"), "none");
}

TEST(RollbackTarget, NeverIsAVersionThatWasRolledBackFrom) {
  EXPECT_EQ(Target(kThree + "a1 A1 a2 A2 b1 B1 a3 A3"), "1");
  // Straight to 1: 2 was passed over, and is not gone forward to.
  EXPECT_EQ(Target(kThree + "a1 A1 a2 A2 a3 A3 b1 B1"), "none");
  // Activated again by a person: it counts again.
  EXPECT_EQ(Target(kThree + "a1 A1 a2 A2 b1 B1 a2 A2 a3 A3"), "2");
}

TEST(RollbackTarget, NeverIsQuarantined) {
  EXPECT_EQ(Target(kThree + "a1 A1 a2 A2 a3 A3 q2"), "1");
  EXPECT_EQ(Target(kThree + "a1 A1 a2 A2 a3 A3 q2 q1"), "none");
  EXPECT_EQ(Target(kThree + "a1 A1 a2 A2 q2"), "1");
}

TEST(RollbackTarget, AfterAStopIsTheNewestThatMayBeActive) {
  EXPECT_EQ(Target(kThree + "a1 A1 a2 A2 q2 s2 S2"), "1");
  EXPECT_EQ(Target(kThree + "a1 A1 a2 A2 s2 S2"), "2");
  EXPECT_EQ(Target(kThree + "a1 A1 a2 A2 q2 s2 S2 b1 B1"), "none");
  EXPECT_EQ(Target(kThree + "a1 A1 a2 A2 q2 s2 x2"), "1");
}

TEST(FoldEvents, KnowsThatAStopLeavesNothingActive) {
  const auto active = [](const std::string& words) {
    const auto version = FoldEvents(Log(words)).value().ActiveByEvents(TheModel());
    return version ? version->text() : "none";
  };
  EXPECT_EQ(active("r1 R1 a1 A1 s1 S1"), "none");
  EXPECT_EQ(active("r1 R1 a1 A1 s1 c1"), "none");
  EXPECT_EQ(active("r1 R1 a1 A1 s1 x1"), "1");
  EXPECT_EQ(active("r1 R1 a1 A1 s1 S1 a1 A1"), "1");
  EXPECT_EQ(active("r1 R1 a1 A1 p1 P1"), "1");
}

TEST(FoldEvents, FollowsThePolicyAndRefusesEventsUnderAnother) {
  auto events = Log("r1 R1 r2 R2");
  events[2].policy_sha256 = Sha256Of("another");
  EXPECT_FALSE(FoldEvents(events));
  events = Log("r1 R1");
  Event changed = events[0];
  changed.index = 3;
  changed.kind = EventKind::kPolicyChanged;
  changed.policy_sha256 = events[0].file_sha256;
  changed.file_sha256 = Sha256Of("the second policy");
  events.push_back(changed);
  const auto history = FoldEvents(events);
  ASSERT_TRUE(history) << history.error().text;
  EXPECT_EQ(history->policy_sha256, Sha256Of("the second policy"));
  EXPECT_EQ(history->policy_event, 3U);
  EXPECT_EQ(history->files.size(), 2U);
}

TEST(RollbackTarget, CountsAVersionOnceAtItsLatestActivation) {
  EXPECT_EQ(Activations(kThree + "a1 A1 a2 A2 a1 A1 a3 A3"), "2 1 3");
  EXPECT_EQ(Target(kThree + "a1 A1 a2 A2 a1 A1 a3 A3 b1 B1"), "2");
  EXPECT_EQ(Target(kThree + "a1 A1 a2 A2 a1 A1 a3 A3 b1 B1 b2 B2"), "none");
}

TEST(FoldEvents, TakesRecoveredEventsForWhatTheyStandFor) {
  EXPECT_EQ(Activations("r1 c1 a1 c1 r2 R2 a2 x2"), "1");
  EXPECT_EQ(Activations("r1 R1 r2 R2 a1 A1 a2 A2 b1 c1"), "1");
  const auto history = FoldEvents(Log("r1 x1 r1 R1"));
  ASSERT_TRUE(history);
  EXPECT_EQ(history->registered.size(), 1U);
}

TEST(FoldEvents, ReportsTheOpenIntent) {
  const auto history = FoldEvents(Log("r1 R1 a1"));
  ASSERT_TRUE(history);
  ASSERT_TRUE(history->open_intent);
  EXPECT_EQ(history->open_intent->kind, EventKind::kActivating);
  EXPECT_EQ(history->ActiveByEvents(TheModel()), std::nullopt);
}

TEST(FoldEvents, RefusesContradictions) {
  const struct {
    const char* words;
    const char* event;  // the text names it
  } cases[] = {
      {"R1", "event 1"},
      {"r1 R2", "event 2"},
      {"r1 r1", "event 2"},
      {"r1 A1", "event 2"},
      {"c1", "event 1"},
      {"r1 R1 r1 R1", "event 4"},
      {"a1 A1", "event 2"},
      {"r1 R1 a1 B1", "event 4"},
      {"r1 R1 r2 R2 a1 A1 b2 B2", "event 8"},
      {"r1 R1 A1", "event 3"},
      {"r1 R1 s1 S1", "event 4"},
      {"r1 R1 a1 A1 s1 S1 s1 S1", "event 8"},
      {"r1 R1 a1 A1 q1 q1", "event 6"},
      {"q1", "event 1"},
      {"r1 R1 p1 P1", "event 4"},
  };
  for (const auto& at : cases) {
    const auto history = FoldEvents(Log(at.words));
    ASSERT_FALSE(history) << at.words;
    EXPECT_NE(history.error().text.find(at.event), std::string::npos) << at.words << ": " << history.error().text;
  }
}

TEST(FoldEvents, RefusesALogWithoutItsBeginning) {
  EXPECT_FALSE(FoldEvents({}));
  auto events = Log("r1 R1");
  events.erase(events.begin());
  EXPECT_FALSE(FoldEvents(events));
  events = Log("");
  events.push_back(events[0]);
  events[1].index = 1;
  EXPECT_FALSE(FoldEvents(events));
}

TEST(FoldEvents, RefusesAnActivationOfOtherBytesThanWereRegistered) {
  auto events = Log("r1 R1 a1 A1");
  events[3].manifest_sha256 = events[4].manifest_sha256 = Sha256Of("other bytes");
  EXPECT_FALSE(FoldEvents(events));
}

TEST(StateOf, FollowsThePointer) {
  const auto history = FoldEvents(Log(kThree + "a1 A1 a2 A2 b1 B1"));
  ASSERT_TRUE(history);
  const auto state = [&](const std::optional<Version>& pointer, std::string_view of) {
    return StateOf(*history, TheModel(), pointer, V(of));
  };
  EXPECT_EQ(state(V("1"), "1"), VersionState::kActive);
  EXPECT_EQ(state(V("1"), "2"), VersionState::kRetired);
  EXPECT_EQ(state(V("1"), "3"), VersionState::kRegistered);
  EXPECT_EQ(state(std::nullopt, "1"), VersionState::kRetired);
}

// Index of the event that last made version `of` desired at second `at`, or 0.
uint64_t LastActivation(const std::string& words, std::string_view of, int at) {
  const auto found = LastActivationOf(Log(words), TheModel(), V(of), UtcTime(std::chrono::seconds(at)));
  return found ? found->index : 0;
}

TEST(LastActivationOf, FindsTheActivationThatATimeFallsUnder) {
  const std::string words = "r1 R1 a1 A1 r2 R2 a2 A2 b1 B1";
  EXPECT_EQ(LastActivation(words, "1", 3), 0u);
  EXPECT_EQ(LastActivation(words, "1", 4), 4u);
  EXPECT_EQ(LastActivation(words, "2", 100), 8u);
  EXPECT_EQ(LastActivation(words, "1", 9), 4u);
  EXPECT_EQ(LastActivation(words, "1", 10), 10u);
  EXPECT_EQ(LastActivation(words, "3", 100), 0u);
}

TEST(LastActivationOf, CountsARecoveredMoveOnlyWhenItHappened) {
  EXPECT_EQ(LastActivation("r1 c1", "1", 100), 0u);  // a recovered registration is no activation
  EXPECT_EQ(LastActivation("r1 R1 a1 c1", "1", 100), 4u);
  EXPECT_EQ(LastActivation("r1 R1 a1 x1", "1", 100), 0u);
}

}  // namespace
}  // namespace lotmark::journal
