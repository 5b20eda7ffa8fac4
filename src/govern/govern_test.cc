// Policy, approvals, evidence and revocation on a real volume.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "approval/signed_approval.h"
#include "govern/activation_gate.h"
#include "govern/approvals.h"
#include "govern/evidence.h"
#include "govern/policy_in_force.h"
#include "policy/testing/samples.h"
#include "store/fact_file.h"
#include "store/stop.h"
#include "store/testing/test_volume.h"
#include "store/verification.h"

namespace lotmark::govern {
namespace {

using policy::testing::MakePerson;
using policy::testing::Person;
using policy::testing::PolicyOf;
using store::Model;
using store::V;
using ::testing::AllOf;
using ::testing::HasSubstr;

const ModelName kModel = Model("lesion_cnn");

class GovernTest : public ::testing::Test {
 protected:
  GovernTest() {
    EXPECT_TRUE(disk_.Register(store::Sample("v1")));
    EXPECT_TRUE(disk_.Register(store::Sample("v2")));
  }
  store::Workplace Place() { return disk_.volume->Place(); }
  journal::VolumeHistory History() { return journal::FoldEvents(disk_.volume->reader().History().value()).value(); }
  policy::Policy Policy(size_t approvals) {
    return PolicyOf({ada_, grace_, spare_}, Json{{"approvals", approvals}, {"formats", {"onnx"}}});
  }
  void Require(size_t approvals) {
    const auto set = SetPolicy(Place(), Policy(approvals).bytes(), "a test");
    ASSERT_TRUE(set) << set.error().text;
  }
  approval::ApprovalRequest Request(const std::string& version) {
    return RequestFor(disk_.volume->reader().info(), History(), kModel, V(version)).value();
  }
  std::string Signed(approval::ApprovalRequest request, const Person& by, size_t key = 0) {
    return approval::Approval::Sign({by.name, disk_.clock.now, "I approve clinical use", std::move(request)},
                                    by.keys[key])
        .value()
        .bytes();
  }
  Result<ImportedApproval> Approve(const std::string& version, const Person& by, size_t key = 0) {
    return ImportApproval(Place(), Signed(Request(version), by, key));
  }
  Result<store::PointerMove> Activate(const std::string& version) {
    return disk_.volume->Activate(kModel, V(version), "a test", {},
                                  PolicyPermit(disk_.volume->reader(), [] { return uint64_t{1} << 40; }));
  }
  void ExpectRefused(const std::string& envelope, const std::string& says) {
    const auto before = store::TreeOf(*disk_.Root());
    const auto imported = ImportApproval(Place(), envelope);
    ASSERT_FALSE(imported);
    EXPECT_EQ(imported.error().code, ErrorCode::kRefused);
    EXPECT_THAT(imported.error().text, HasSubstr(says));
    EXPECT_EQ(store::TreeOf(*disk_.Root()), before);
  }
  std::vector<std::string> VerifyProblems() { return store::Verify(disk_.volume->reader(), {}).value().problems; }

  store::TestVolume disk_{"lesion_cnn", policy::DefaultPolicyBytes()};
  const Person ada_ = MakePerson("Ada Lovelace", 2);
  const Person grace_ = MakePerson("Grace Hopper");
  const Person spare_ = MakePerson("Katherine Johnson");
  const Person stranger_ = MakePerson("A Stranger");
};

TEST_F(GovernTest, ActivationWaitsForTwoPeople) {
  Require(2);
  const auto none = Activate("v1");
  ASSERT_FALSE(none);
  EXPECT_THAT(none.error().text, HasSubstr("approvals:"));
  const auto first = Approve("v1", ada_);
  ASSERT_TRUE(first) << first.error().text;
  EXPECT_EQ(first->people, 1U);
  EXPECT_FALSE(Activate("v1"));
  ASSERT_TRUE(Approve("v1", ada_, 1)) << "a second key of one person";
  EXPECT_FALSE(Activate("v1"));
  const auto second = Approve("v1", grace_);
  ASSERT_TRUE(second) << second.error().text;
  EXPECT_EQ(second->people, 2U);
  EXPECT_TRUE(Activate("v1"));
  EXPECT_EQ(disk_.Active(), "v1");
  EXPECT_FALSE(Activate("v2")) << "an approval is of one version";
  EXPECT_THAT(VerifyProblems(), ::testing::IsEmpty());
}

TEST_F(GovernTest, AnApprovalIsTakenOnce) {
  Require(2);
  const std::string envelope = Signed(Request("v1"), ada_);
  EXPECT_FALSE(ImportApproval(Place(), envelope).value().was_imported);
  const std::string events = disk_.Events();
  const auto again = ImportApproval(Place(), envelope);
  ASSERT_TRUE(again);
  EXPECT_TRUE(again->was_imported);
  EXPECT_EQ(again->people, 1U);
  EXPECT_TRUE(ImportApproval(Place(), envelope + "\n").value().was_imported) << "with other white space";
  EXPECT_EQ(disk_.Events(), events);
}

TEST_F(GovernTest, RefusesWhatDoesNotCountAndKeepsNothingOfIt) {
  Require(2);
  ExpectRefused(Signed(Request("v1"), stranger_), "key");
  Person impostor = ada_;
  impostor.name = "Grace Hopper";
  ExpectRefused(Signed(Request("v1"), impostor), "Grace Hopper");
  approval::ApprovalRequest elsewhere = Request("v1");
  elsewhere.volume_id = Uuid::V4();
  ExpectRefused(Signed(elsewhere, ada_), "volume");
  approval::ApprovalRequest other_bytes = Request("v1");
  std::get<approval::VersionSubject>(other_bytes.subject).manifest_sha256 = Sha256Of("other bytes");
  ExpectRefused(Signed(other_bytes, ada_), "manifest");
  std::string flipped = Signed(Request("v1"), ada_);
  const size_t signature = flipped.find("\"sig\"") + 20;
  flipped[signature] = flipped[signature] == 'A' ? 'B' : 'A';
  ExpectRefused(flipped, "sig");
  ExpectRefused("{}", "payload");
}

TEST_F(GovernTest, EvidenceThatCameLaterWasNotApproved) {
  Require(1);
  const std::string early = Signed(Request("v1"), ada_);
  ASSERT_TRUE(ImportApproval(Place(), early));
  const auto added = AddEvidence(Place(), kModel, V("v1"), "golden_result", "{\"passed\":true}");
  ASSERT_TRUE(added) << added.error().text;
  EXPECT_FALSE(added->was_there);
  EXPECT_TRUE(AddEvidence(Place(), kModel, V("v1"), "golden_result", "{\"passed\":true}").value().was_there);
  const auto refused = Activate("v1");
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().text, HasSubstr("evidence"));
  ExpectRefused(Signed(approval::ParseRequest(approval::FormatRequest([&] {
                         approval::ApprovalRequest request = Request("v1");
                         std::get<approval::VersionSubject>(request.subject).evidence.clear();
                         return request;
                       }()))
                           .value(),
                       grace_),
                "evidence");
  EXPECT_TRUE(Approve("v1", grace_));
  EXPECT_TRUE(Activate("v1"));
}

TEST_F(GovernTest, AKeyThatIsRevokedNoLongerCounts) {
  Require(2);
  ASSERT_TRUE(Approve("v1", ada_));
  ASSERT_TRUE(Approve("v1", grace_));
  const auto revoked = RevokeKey(Place(), grace_.keys[0].public_key().id(), "the laptop was stolen");
  ASSERT_TRUE(revoked) << revoked.error().text;
  EXPECT_EQ(revoked->person, "Grace Hopper");
  EXPECT_EQ(revoked->people_left, 2U);
  EXPECT_FALSE(Activate("v1"));
  ExpectRefused(Signed(Request("v1"), grace_), "revoked");
  EXPECT_TRUE(RevokeKey(Place(), grace_.keys[0].public_key().id(), "again").value().was_revoked);
  ASSERT_TRUE(Approve("v1", spare_));
  EXPECT_TRUE(Activate("v1"));
}

TEST_F(GovernTest, APolicyChangesOnlyWithTheApprovalsOfTheOneInForce) {
  Require(2);
  const policy::Policy lax = Policy(1);
  const auto alone = SetPolicy(Place(), lax.bytes(), "less work");
  ASSERT_FALSE(alone);
  EXPECT_THAT(alone.error().text, HasSubstr("approvals"));
  const auto approve = [&](const Person& by) {
    return ImportApproval(Place(), Signed(RequestFor(disk_.volume->reader().info(), History(), lax), by));
  };
  const std::string kept = Signed(RequestFor(disk_.volume->reader().info(), History(), lax), spare_);
  ASSERT_TRUE(approve(ada_));
  EXPECT_FALSE(SetPolicy(Place(), lax.bytes(), "less work"));
  ASSERT_TRUE(approve(grace_));
  EXPECT_EQ(SetPolicy(Place(), lax.bytes(), "less work").value(), PolicyOutcome::kChanged);
  EXPECT_EQ(SetPolicy(Place(), lax.bytes(), "less work").value(), PolicyOutcome::kAlreadyInForce);
  // Back to two people by one approval, as the lax one asks; the old approvals of the lax one cannot be played again.
  const policy::Policy strict = Policy(2);
  ASSERT_TRUE(ImportApproval(Place(), Signed(RequestFor(disk_.volume->reader().info(), History(), strict), ada_)));
  EXPECT_EQ(SetPolicy(Place(), strict.bytes(), "more care").value(), PolicyOutcome::kChanged);
  EXPECT_FALSE(SetPolicy(Place(), lax.bytes(), "a replay"));
  ExpectRefused(kept, "polic");
  EXPECT_THAT(VerifyProblems(), ::testing::IsEmpty());
}

TEST_F(GovernTest, APolicyFileThatWasChangedByHandIsRefused) {
  Require(1);
  ASSERT_TRUE(Approve("v1", ada_));
  std::ofstream(disk_.PathOf("policy.json")) << Policy(0).bytes();  // through the link
  const auto activated = Activate("v1");
  ASSERT_FALSE(activated);
  EXPECT_THAT(activated.error().text, HasSubstr("digest differs"));
  EXPECT_THAT(VerifyProblems(), ::testing::Contains(HasSubstr("digest differs")));
}

TEST_F(GovernTest, APolicyFileInTheLinksPlaceIsRefused) {
  std::filesystem::remove(disk_.PathOf("policy.json"));
  std::ofstream(disk_.PathOf("policy.json")) << Policy(0).bytes();
  const auto activated = Activate("v1");
  ASSERT_FALSE(activated);
  EXPECT_THAT(activated.error().text, HasSubstr("is not the link"));
  EXPECT_EQ(disk_.Active(), "none");
}

TEST_F(GovernTest, AnApprovalThatWasChangedOrRemovedIsFound) {
  Require(1);
  ASSERT_TRUE(Approve("v1", ada_));
  const Digest file = *History().approvals[0].file;
  const std::string path = disk_.PathOf(store::EvidencePath(kModel, V("v1")) + "/" + store::FactFileName(file));
  std::filesystem::remove(path);
  EXPECT_FALSE(Activate("v1"));
  EXPECT_THAT(VerifyProblems(), ::testing::Contains(HasSubstr("is missing, and an event names it")));
  std::ofstream(path) << "{}";
  EXPECT_THAT(VerifyProblems(), ::testing::Contains(HasSubstr("digest differs")));
}

TEST_F(GovernTest, EveryUnmetConditionIsTold) {
  const auto set = SetPolicy(Place(),
                             PolicyOf({ada_, grace_}, Json{{"approvals", 2},
                                                           {"formats", {"onnx", "tflite"}},
                                                           {"golden_origin", "training"},
                                                           {"free_memory", {{"times_artifact", 3}}}})
                                 .bytes(),
                             "a test");
  ASSERT_TRUE(set) << set.error().text;
  const auto refused =
      disk_.volume->Activate(kModel, V("v1"), "a test", {}, PolicyPermit(disk_.volume->reader(), [] { return 1; }));
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().text, AllOf(HasSubstr("approvals:"), HasSubstr("formats:"), HasSubstr("free_memory:")));
}

TEST_F(GovernTest, AQuarantinedVersionIsNeverActive) {
  ASSERT_TRUE(Activate("v1"));
  ASSERT_TRUE(Activate("v2"));
  const auto refused = store::Quarantine(Place(), kModel, V("v2"), "misses melanoma", /*leaves=*/false);
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().text, HasSubstr("is active"));
  const auto done = store::Quarantine(Place(), kModel, V("v2"), "misses melanoma", /*leaves=*/true);
  ASSERT_TRUE(done) << done.error().text;
  EXPECT_TRUE(done->is_active);
  ASSERT_TRUE(disk_.Rollback());
  EXPECT_EQ(disk_.Active(), "v1");
  const auto again = Activate("v2");
  ASSERT_FALSE(again);
  EXPECT_THAT(again.error().text, HasSubstr("is quarantined"));
  EXPECT_TRUE(store::Quarantine(Place(), kModel, V("v2"), "again", false).value().was_quarantined);
}

TEST_F(GovernTest, AStopLeavesNothingActiveAndARollbackLeadsOutOfIt) {
  ASSERT_TRUE(Activate("v1"));
  ASSERT_TRUE(Activate("v2"));
  ASSERT_TRUE(store::Quarantine(Place(), kModel, V("v2"), "misses melanoma", true));
  ASSERT_TRUE(store::StopActive(Place(), kModel, V("v2"), "misses melanoma"));
  EXPECT_EQ(disk_.Active(), "none");
  EXPECT_TRUE(store::StopActive(Place(), kModel, V("v2"), "again")) << "nothing is active already";
  EXPECT_THAT(VerifyProblems(), ::testing::IsEmpty());
  ASSERT_TRUE(disk_.Rollback());
  EXPECT_EQ(disk_.Active(), "v1");
}

}  // namespace
}  // namespace lotmark::govern
