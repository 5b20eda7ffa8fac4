// The decision, case by case and by its properties on random facts.
#include "policy/decision.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "approval/testing/samples.h"
#include "policy/testing/samples.h"

namespace lotmark::policy {
namespace {

using approval::ApprovalRequest;
using approval::PolicySubject;
using approval::VersionSubject;
using approval::testing::Content;
using approval::testing::PolicyRequest;
using approval::testing::VersionRequest;
using manifest::Format;
using manifest::GoldenOrigin;
using testing::MakePerson;
using testing::Person;
using testing::PolicyOf;

bool Has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

class DecisionTest : public ::testing::Test {
 protected:
  Policy PolicyWith(Json activation) const { return PolicyOf({ada_, grace_, kathe_}, std::move(activation)); }

  // As a person signs it with one of their keys, and import examines it.
  GivenApproval By(const Person& person, const ApprovalRequest& request = VersionRequest(), size_t key = 0) const {
    return Examine(policy_, approval::Approval::Sign(Content(request, person.name), person.keys[key]).value());
  }

  Standing StandingOf(const GivenApproval& given, const ApprovalRequest& wanted = VersionRequest()) const {
    const JudgedApproval judged = Judge(policy_, wanted, {}, given);
    EXPECT_EQ(judged.why.empty(), judged.standing == Standing::kCounts);
    return judged.standing;
  }

  // Facts that meet every condition but approvals.
  static Facts GoodFacts(std::vector<GivenApproval> given = {}) {
    return {
        {Format::kOnnx, Format::kTflite}, GoldenOrigin::kTraining, 100, 300, {VersionRequest(), std::move(given), {}}};
  }

  const Person ada_ = MakePerson("Ada Lovelace", 2);
  const Person grace_ = MakePerson("Grace Hopper");
  const Person kathe_ = MakePerson("Käthe Nørgård");
  const Json strict_ = {{"approvals", 2},
                        {"formats", {"onnx", "tflite"}},
                        {"golden_origin", "training"},
                        {"free_memory", {{"times_artifact", 3}}}};
  const Policy policy_ = PolicyWith(strict_);
};

TEST_F(DecisionTest, TwoPeopleMeetAPolicyOfTwo) {
  EXPECT_TRUE(UnmetConditions(policy_, GoodFacts({By(ada_), By(grace_)})).empty());
  const auto one = UnmetConditions(policy_, GoodFacts({By(ada_)}));
  ASSERT_EQ(one.size(), 1u);
  EXPECT_EQ(one[0].condition, "approvals");
  EXPECT_EQ(one[0].text, "approvals: lesion_cnn/2024-v1: 1 of 2 people approved it (Ada Lovelace)");
  EXPECT_TRUE(Has(one[0].hint, "approve request"));
}

TEST_F(DecisionTest, OnePersonCountsOnceHoweverManyKeysAndFiles) {
  const ApprovalFacts facts{VersionRequest(), {By(ada_), By(ada_, VersionRequest(), 1), By(ada_)}, {}};
  const ApprovalTally tally = EvaluateApprovals(policy_, facts);
  EXPECT_EQ(tally.people, std::set<std::string>{"Ada Lovelace"});
  for (const auto& judged : tally.judged) EXPECT_EQ(judged.standing, Standing::kCounts);
  EXPECT_EQ(UnmetConditions(policy_, GoodFacts(facts.given)).size(), 1u);
}

TEST_F(DecisionTest, EveryUnmetConditionIsToldAtOnce) {
  Facts facts = GoodFacts();
  facts.usable_formats.clear();
  facts.golden_origin.reset();
  facts.available_memory = 299;
  const auto unmet = UnmetConditions(policy_, facts);
  std::vector<std::string> conditions;
  for (const Unmet& one : unmet) {
    conditions.push_back(one.condition);
    EXPECT_TRUE(one.text.starts_with(one.condition + ": lesion_cnn/2024-v1: ")) << one.text;
    EXPECT_FALSE(one.hint.empty());
  }
  EXPECT_EQ(conditions, (std::vector<std::string>{"formats", "formats", "golden_origin", "free_memory", "approvals"}));
}

TEST_F(DecisionTest, APolicyThatAsksNothingIsAlwaysMet) {
  EXPECT_TRUE(UnmetConditions(PolicyWith(Json::object()), {{}, {}, 0, {}, {VersionRequest(), {}, {}}}).empty());
}

TEST_F(DecisionTest, RecordedGoldenCasesAreEnoughWhereThePolicySaysSo) {
  Facts facts = GoodFacts();
  facts.golden_origin = GoldenOrigin::kRecorded;
  EXPECT_TRUE(UnmetConditions(PolicyWith({{"golden_origin", "recorded"}}), facts).empty());
  EXPECT_EQ(UnmetConditions(PolicyWith({{"golden_origin", "training"}}), facts).size(), 1u);
  facts.golden_origin.reset();
  EXPECT_EQ(UnmetConditions(PolicyWith({{"golden_origin", "recorded"}}), facts).size(), 1u);
}

TEST_F(DecisionTest, MemoryThatIsNotKnownIsNotEnough) {
  Facts facts = GoodFacts();
  const Policy policy = PolicyWith({{"free_memory", {{"times_artifact", 3}}}});
  EXPECT_TRUE(UnmetConditions(policy, facts).empty());
  facts.available_memory.reset();
  EXPECT_EQ(UnmetConditions(policy, facts).size(), 1u);
  facts.available_memory = UINT64_MAX;
  facts.artifact_bytes = UINT64_MAX;  // three times that does not wrap around to little
  EXPECT_EQ(UnmetConditions(policy, facts).size(), 1u);
}

TEST_F(DecisionTest, ARevokedKeyNoLongerCounts) {
  Facts facts = GoodFacts({By(ada_), By(grace_)});
  facts.approvals.revoked_keys = {grace_.keys[0].public_key().id()};
  const ApprovalTally tally = EvaluateApprovals(policy_, facts.approvals);
  EXPECT_EQ(tally.judged[1].standing, Standing::kKeyRevoked);
  EXPECT_EQ(tally.judged[1].person, "Grace Hopper");
  const auto unmet = UnmetConditions(policy_, facts);
  ASSERT_EQ(unmet.size(), 1u);
  EXPECT_TRUE(Has(unmet[0].text, "is revoked")) << unmet[0].text;
  // With Ada's other key it would count again: the person is not revoked.
  facts.approvals.given.push_back(By(kathe_));
  EXPECT_TRUE(UnmetConditions(policy_, facts).empty());
}

TEST_F(DecisionTest, SaysWhenNotEnoughPeopleAreLeft) {
  Facts facts = GoodFacts();
  facts.approvals.revoked_keys = {grace_.keys[0].public_key().id(), kathe_.keys[0].public_key().id(),
                                  ada_.keys[0].public_key().id()};
  EXPECT_TRUE(Has(UnmetConditions(policy_, facts)[0].hint, "Only 1 of the people"));
}

TEST_F(DecisionTest, SaysWhyAnApprovalDoesNotCount) {
  EXPECT_EQ(StandingOf(By(ada_)), Standing::kCounts);
  EXPECT_EQ(StandingOf(By(MakePerson("Mallory"))), Standing::kKeyUnknown);
  EXPECT_EQ(StandingOf(By({"Grace Hopper", ada_.keys})), Standing::kOtherName);
  GivenApproval forged = By(ada_);
  forged.is_by_key = false;
  EXPECT_EQ(StandingOf(forged), Standing::kBadSignature);

  ApprovalRequest other = VersionRequest();
  other.volume_id = approval::testing::VolumeId('2');
  EXPECT_EQ(StandingOf(By(ada_, other)), Standing::kOtherVolume);
  EXPECT_EQ(StandingOf(By(ada_, VersionRequest("2025-v1"))), Standing::kOtherSubject);
  EXPECT_EQ(StandingOf(By(ada_, PolicyRequest())), Standing::kOtherSubject);
  other = VersionRequest();
  std::get<VersionSubject>(other.subject).manifest_sha256 = Sha256Of("another manifest");
  EXPECT_EQ(StandingOf(By(ada_, other)), Standing::kOtherSubject);
  other = VersionRequest();
  std::get<VersionSubject>(other.subject).evidence.insert({"parity", Sha256Of("parity")});
  EXPECT_EQ(StandingOf(By(ada_, other)), Standing::kOtherEvidence);
  EXPECT_TRUE(Has(Judge(policy_, VersionRequest(), {}, By(ada_, other)).why, "with parity"));
  std::get<VersionSubject>(other.subject).evidence.clear();
  EXPECT_EQ(StandingOf(By(ada_, other)), Standing::kOtherEvidence);
  EXPECT_TRUE(Has(Judge(policy_, VersionRequest(), {}, By(ada_, other)).why, "without evaluation"));
}

TEST_F(DecisionTest, AForgedSignatureIsSeenWhenItIsExamined) {
  const auto sound = approval::Approval::Sign(Content(VersionRequest(), ada_.name), ada_.keys[0]).value();
  EXPECT_TRUE(Examine(policy_, sound).is_by_key);
  auto envelope = approval::ParseEnvelope(sound.bytes()).value();
  envelope.key_id = grace_.keys[0].public_key().id();
  EXPECT_FALSE(Examine(policy_, approval::Approval::Parse(approval::FormatEnvelope(envelope)).value()).is_by_key);
}

TEST_F(DecisionTest, APolicyChangesWithTheApprovalsOfTheOneInForce) {
  const ApprovalRequest wanted = PolicyRequest();
  EXPECT_TRUE(UnmetForPolicyChange(policy_, {wanted, {By(ada_, wanted), By(grace_, wanted)}, {}}).empty());
  EXPECT_TRUE(UnmetForPolicyChange(PolicyWith(Json::object()), {wanted, {}, {}}).empty());
  // The same change, approved when another policy was in force, or for an earlier time of the same policy.
  for (const auto& replaces : {approval::ReplacedPolicy{Sha256Of("an older policy"), 7},
                               approval::ReplacedPolicy{Sha256Of("old policy"), 6}}) {
    const ApprovalRequest replayed{wanted.volume_id, PolicySubject{Sha256Of("new policy"), replaces}};
    EXPECT_EQ(StandingOf(By(ada_, replayed), wanted), Standing::kReplaced);
    const auto unmet = UnmetForPolicyChange(policy_, {wanted, {By(ada_, replayed), By(grace_, wanted)}, {}});
    ASSERT_EQ(unmet.size(), 1u);
    EXPECT_TRUE(unmet[0].text.starts_with("approvals: policy.json: 1 of 2 people")) << unmet[0].text;
  }
  EXPECT_EQ(StandingOf(By(ada_, VersionRequest()), wanted), Standing::kOtherSubject);
}

// All that can be given, sound or not, in random portions.
class DecisionProperties : public DecisionTest {
 protected:
  std::vector<GivenApproval> Pool() const {
    ApprovalRequest other = VersionRequest();
    std::get<VersionSubject>(other.subject).evidence.clear();
    std::vector<GivenApproval> pool = {By(ada_),
                                       By(ada_, VersionRequest(), 1),
                                       By(grace_),
                                       By(kathe_),
                                       By(MakePerson("Mallory")),
                                       By({"Grace Hopper", ada_.keys}),
                                       By(ada_, other),
                                       By(kathe_, VersionRequest("2025-v1")),
                                       By(grace_, PolicyRequest())};
    pool.push_back(pool[2]);
    pool.back().is_by_key = false;
    return pool;
  }
};

std::set<std::string> Conditions(const std::vector<Unmet>& unmet) {
  std::set<std::string> conditions;
  for (const Unmet& one : unmet) conditions.insert(one.condition);
  return conditions;
}

TEST_F(DecisionProperties, HoldOnRandomFacts) {
  const std::vector<GivenApproval> pool = Pool();
  std::mt19937 random(4);
  const auto one_of = [&](size_t n) { return random() % n; };
  size_t met = 0;
  for (int round = 0; round < 3000; ++round) {
    Facts facts = GoodFacts();
    if (one_of(3) == 0) facts.usable_formats.erase(Format::kTflite);
    if (one_of(3) == 0) facts.golden_origin = GoldenOrigin::kRecorded;
    if (one_of(3) == 0) facts.available_memory = 200;
    for (size_t i = one_of(6); i > 0; --i) facts.approvals.given.push_back(pool[one_of(pool.size())]);
    if (one_of(3) == 0) facts.approvals.revoked_keys.insert(pool[one_of(pool.size())].key_id);
    const auto before = UnmetConditions(policy_, facts);
    const auto people = EvaluateApprovals(policy_, facts.approvals).people;

    // Each condition stands for itself, so nothing hides another.
    EXPECT_EQ(Conditions(before).contains("formats"), !facts.usable_formats.contains(Format::kTflite));
    EXPECT_EQ(Conditions(before).contains("golden_origin"), facts.golden_origin != GoldenOrigin::kTraining);
    EXPECT_EQ(Conditions(before).contains("free_memory"), facts.available_memory == 200u);
    EXPECT_EQ(Conditions(before).contains("approvals"), people.size() < 2);
    met += before.empty() ? 1 : 0;

    // The order in which approvals came does not matter.
    Facts shuffled = facts;
    std::shuffle(shuffled.approvals.given.begin(), shuffled.approvals.given.end(), random);
    EXPECT_EQ(EvaluateApprovals(policy_, shuffled.approvals).people, people);

    // One more approval, whatever it is, never makes it worse; one more revoked key never makes it better.
    Facts more = facts;
    more.approvals.given.push_back(pool[one_of(pool.size())]);
    const auto more_people = EvaluateApprovals(policy_, more.approvals).people;
    EXPECT_TRUE(std::includes(more_people.begin(), more_people.end(), people.begin(), people.end()));
    EXPECT_LE(UnmetConditions(policy_, more).size(), before.size());
    Facts fewer = facts;
    fewer.approvals.revoked_keys.insert(pool[one_of(pool.size())].key_id);
    const auto fewer_people = EvaluateApprovals(policy_, fewer.approvals).people;
    EXPECT_TRUE(std::includes(people.begin(), people.end(), fewer_people.begin(), fewer_people.end()));
    EXPECT_GE(UnmetConditions(policy_, fewer).size(), before.size());
  }
  EXPECT_GT(met, 50u);  // the random facts reach both outcomes
  EXPECT_LT(met, 2000u);
}

}  // namespace
}  // namespace lotmark::policy
