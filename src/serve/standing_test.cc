#include "serve/standing.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

namespace lotmark::serve {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

const ModelName kModel = ModelName::Parse("m").value();
const ModelName kOther = ModelName::Parse("other").value();

Version V(const std::string& text) { return Version::Parse(text).value(); }
Digest ManifestOf(const std::string& version) { return Sha256Of("manifest of " + version); }
VersionIdentity Identity(const std::string& version) { return {kModel, V(version), ManifestOf(version)}; }

journal::EventKind KindOf(char letter) {
  using enum journal::EventKind;
  static const std::map<char, journal::EventKind> kKinds{{'r', kRegistering}, {'R', kRegistered},  {'a', kActivating},
                                                         {'A', kActivated},   {'b', kRollingBack}, {'B', kRolledBack},
                                                         {'s', kStopping},    {'S', kStopped},     {'p', kRepairing},
                                                         {'P', kRepaired},    {'q', kQuarantined}};
  const auto found = kKinds.find(letter);
  return found == kKinds.end() ? kRecovered : found->second;
}

// From words such as "a2 A2": event letter and version; 'c' is recovered as completed, 'x' as abandoned. Versions 1 to
// 4 are registered before.
journal::VolumeHistory History(const std::string& words) {
  std::vector<journal::Event> events(1);
  events[0].kind = journal::EventKind::kVolumeCreated;
  events[0].model = kModel;
  events[0].file_sha256 = Sha256Of("a policy");
  std::istringstream stream("r1 R1 r2 R2 r3 R3 r4 R4 " + words);
  for (std::string word; stream >> word;) {
    journal::Event event;
    event.index = events.size();
    event.kind = KindOf(word[0]);
    event.model = kModel;
    event.policy_sha256 = events[0].file_sha256;
    event.version = V(word.substr(1));
    event.manifest_sha256 = ManifestOf(word.substr(1));
    if (word[0] == 'c') event.outcome = journal::Outcome::kCompleted;
    if (word[0] == 'x') event.outcome = journal::Outcome::kAbandoned;
    events.push_back(event);
  }
  auto history = journal::FoldEvents(events);
  EXPECT_TRUE(history) << history.error().text;
  return history ? *std::move(history) : journal::VolumeHistory();
}

// With the pointer at `pointer`; "" = there is none, "?" = it cannot be read.
Standing After(const std::string& words, const std::string& pointer) {
  store::PointerReading reading;
  if (pointer == "?") reading.problem = "is not a link";
  if (pointer != "?" && !pointer.empty()) reading.version = V(pointer);
  return StandingOf(History(words), kModel, reading);
}

std::string ActiveIn(const Standing& standing) { return standing.active ? standing.active->version.text() : "none"; }

// The versions among 1 to 4 that must be left.
std::string LeftIn(const Standing& standing) {
  std::string left;
  for (const char* version : {"1", "2", "3", "4"}) {
    if (WithdrawalOf(standing, Identity(version))) left += version;
  }
  return left;
}

std::string Refusal(const Standing& standing, const VersionIdentity& named) {
  const Status status = Authorise(standing, named);
  if (status) return "";
  EXPECT_EQ(status.error().code, ErrorCode::kRefused);
  EXPECT_THAT(status.error().text, StartsWith("pointer not authorised: "));
  return status.error().text;
}

TEST(Standing, TheActiveVersionIsTheOneThatTheEventsMakeActive) {
  const struct {
    const char* words;
    const char* active;
    const char* left;
  } cases[] = {
      {"", "none", ""},
      {"a1 A1", "1", ""},
      {"a1 A1 a2 A2", "2", ""},
      {"a1 A1 a2 A2 b1 B1", "1", "2"},
      {"a1 A1 a2 A2 a3 A3 b2 B2", "2", "3"},
      {"a1 A1 a2 A2 a3 A3 b2 B2 b1 B1", "1", "23"},
      {"a1 A1 a2 A2 a3 A3 b1 B1", "1", "23"},
      {"a1 A1 a2 A2 b1 B1 a3 A3", "3", "2"},
      {"a1 A1 a2 A2 b1 B1 a2 A2", "2", ""},
      {"a1 A1 a2 x2", "1", ""},
      {"a1 A1 a2 c2", "2", ""},
      {"a1 A1 a2 A2 b1 x1", "2", ""},
      {"a1 A1 a2 A2 b1 c1", "1", "2"},
  };
  for (const auto& one : cases) {
    for (const char* pointer : {one.active, "4", "?"}) {
      const Standing standing = After(one.words, pointer);
      EXPECT_EQ(ActiveIn(standing), one.active) << one.words << ", pointer " << pointer;
      EXPECT_EQ(LeftIn(standing), one.left) << one.words << ", pointer " << pointer;
    }
  }
}

TEST(Standing, AnOpenMoveCountsAsDoneExactlyWhereThePointerShowsIt) {
  EXPECT_EQ(ActiveIn(After("a1", "")), "none");
  EXPECT_EQ(ActiveIn(After("a1", "1")), "1");
  EXPECT_EQ(ActiveIn(After("a1 A1 a2", "1")), "1");
  EXPECT_EQ(ActiveIn(After("a1 A1 a2", "2")), "2");
  EXPECT_EQ(ActiveIn(After("a1 A1 a2", "3")), "1");
  EXPECT_EQ(ActiveIn(After("a1 A1 a2", "?")), "1");
  EXPECT_EQ(ActiveIn(After("a1 A1 a2 A2 a1", "1")), "1");
  EXPECT_EQ(LeftIn(After("a1 A1 a2 A2 a1", "1")), "") << "an update leaves nothing that must go";

  EXPECT_EQ(ActiveIn(After("a1 A1 a2 A2 b1", "2")), "2");
  EXPECT_EQ(LeftIn(After("a1 A1 a2 A2 b1", "2")), "");
  EXPECT_EQ(ActiveIn(After("a1 A1 a2 A2 b1", "1")), "1");
  EXPECT_EQ(LeftIn(After("a1 A1 a2 A2 b1", "1")), "2");
  EXPECT_EQ(LeftIn(After("a1 A1 a2 A2 b1", "?")), "");
}

TEST(Standing, AStopLeavesNothingToServe) {
  for (const char* words : {"a1 A1 a2 A2 s2 S2", "a1 A1 a2 A2 s2 c2"}) {
    const Standing standing = After(words, "");
    EXPECT_EQ(ActiveIn(standing), "none");
    EXPECT_EQ(LeftIn(standing), "1234");
  }
  EXPECT_EQ(ActiveIn(After("a1 A1 s1", "")), "none") << "an open stop whose pointer is gone";
  EXPECT_TRUE(After("a1 A1 s1", "").stopped);
  EXPECT_EQ(ActiveIn(After("a1 A1 s1", "1")), "1");
  EXPECT_FALSE(After("a1 A1 s1", "1").stopped);
  EXPECT_EQ(ActiveIn(After("a1 A1 s1 x1", "1")), "1");
  EXPECT_EQ(ActiveIn(After("a1 A1 a2 A2 q2 s2 S2 b1 B1", "1")), "1");
  EXPECT_EQ(LeftIn(After("a1 A1 a2 A2 q2 s2 S2 b1 B1", "1")), "2");
  EXPECT_EQ(ActiveIn(After("a1 A1 s1 S1 a2", "2")), "2") << "an activation whose pointer has arrived";
}

TEST(Standing, QuarantineIsOfTheVersionAndRepairOfNone) {
  EXPECT_EQ(LeftIn(After("a1 A1 a2 A2 q2", "2")), "2");
  EXPECT_EQ(LeftIn(After("a1 A1 a2 A2 q1", "2")), "1");
  EXPECT_EQ(ActiveIn(After("a1 A1 p1", "")), "1");
  EXPECT_EQ(ActiveIn(After("a1 A1 p1 P1", "1")), "1");
  EXPECT_EQ(LeftIn(After("a1 A1 p1 P1", "1")), "");
}

TEST(Standing, OfAnotherModelSaysNothingOfThisOne) {
  const Standing standing = StandingOf(History("a1 A1 a2 A2 b1"), kOther, {V("1"), ""});
  EXPECT_FALSE(standing.active);
  EXPECT_TRUE(standing.rolled_back_from.empty());
}

TEST(Authorise, OnlyTheActiveVersionWithItsRegisteredManifest) {
  const Standing standing = After("a1 A1 a2 A2", "2");
  EXPECT_EQ(Refusal(standing, Identity("2")), "");
  EXPECT_THAT(Refusal(standing, Identity("1")), HasSubstr("names 1, and the events make 2 the active version"));
  EXPECT_THAT(Refusal(standing, Identity("3")), HasSubstr("names 3"));
  const VersionIdentity edited{kModel, V("2"), Sha256Of("edited")};
  EXPECT_THAT(Refusal(standing, edited), HasSubstr("the manifest of 2 was changed: registered " +
                                                   ManifestOf("2").hex() + ", found " + Sha256Of("edited").hex()));
  EXPECT_THAT(Refusal(After("", "1"), Identity("1")), HasSubstr("no event made a version active"));
}

TEST(Authorise, NeitherWhatIsInQuarantineNorAnythingOfAStoppedModel) {
  Standing standing = After("a1 A1 a2 A2", "2");
  standing.quarantined = {ManifestOf("1")};
  EXPECT_EQ(Refusal(standing, Identity("2")), "");
  standing.quarantined.push_back(ManifestOf("2"));
  EXPECT_THAT(Refusal(standing, Identity("2")), HasSubstr("2 is in quarantine"));
  standing.stopped = true;
  standing.active.reset();
  EXPECT_THAT(Refusal(standing, Identity("2")), HasSubstr("the model was stopped"));
}

TEST(Withdrawal, SaysWhyAndHowSoon) {
  using Leave = Withdrawal::Leave;
  Standing standing = After("a1 A1 a2 A2 a3 A3 b2 B2", "2");
  EXPECT_EQ(WithdrawalOf(standing, Identity("2")), std::nullopt);
  EXPECT_EQ(WithdrawalOf(standing, Identity("1")), std::nullopt) << "older than the active one, and nothing against it";
  EXPECT_EQ(WithdrawalOf(standing, Identity("3")), (Withdrawal{"was rolled back from", Leave::kForAnother}));
  standing.quarantined = {ManifestOf("1"), ManifestOf("3")};
  EXPECT_EQ(WithdrawalOf(standing, Identity("1")), (Withdrawal{"is in quarantine", Leave::kForAnother}));
  EXPECT_EQ(WithdrawalOf(standing, Identity("3")), (Withdrawal{"is in quarantine", Leave::kForAnother}));
  standing.stopped = true;
  EXPECT_EQ(WithdrawalOf(standing, Identity("2")), (Withdrawal{"was stopped", Leave::kAtOnce}));
}

}  // namespace
}  // namespace lotmark::serve
