// What a policy may not be, and what it says where it is one.
#include "policy/policy.h"

#include <gtest/gtest.h>

#include "base/json.h"
#include "policy/testing/samples.h"

namespace lotmark::policy {
namespace {

using testing::TestData;

std::string WhyRefused(const std::string& text) {
  const auto policy = Policy::Parse(text);
  if (policy) return "accepted";
  EXPECT_EQ(policy.error().code, ErrorCode::kRefused) << policy.error().text;
  return policy.error().text;
}

bool Names(const std::string& message, const std::string& field) { return message.find(field) != std::string::npos; }

TEST(PolicyTest, ReadsEveryFieldAndKeepsTheBytes) {
  const std::string text = TestData("full.json");
  const auto policy = Policy::Parse(text);
  ASSERT_TRUE(policy) << policy.error().text;
  EXPECT_EQ(policy->bytes(), text);
  EXPECT_EQ(policy->digest(), Sha256Of(text));
  EXPECT_EQ(policy->activation().approvals, 2u);
  EXPECT_EQ(policy->activation().formats, (std::set{manifest::Format::kOnnx, manifest::Format::kTflite}));
  EXPECT_EQ(policy->activation().golden_origin, manifest::GoldenOrigin::kTraining);
  EXPECT_EQ(policy->activation().free_memory_times_artifact, 3);
  ASSERT_EQ(policy->approvers().size(), 3u);
  EXPECT_EQ(policy->approvers()[0].keys.size(), 2u);
  const auto& second_key = policy->approvers()[0].keys[1];
  EXPECT_EQ(policy->FindSigner(second_key.id()).person->name, "Ada Lovelace");
  EXPECT_EQ(*policy->FindSigner(second_key.id()).key, second_key);
  EXPECT_EQ(policy->FindSigner(Digest()).person, nullptr);
}

TEST(PolicyTest, RefusesEveryBrokenRuleNamingTheField) {
  const Json full = ParseJson(TestData("full.json")).value();
  const auto cases = ParseJson(TestData("bad_fields.json"));
  ASSERT_TRUE(cases) << cases.error().text;
  EXPECT_GT(cases->size(), 50u);
  for (const Json& c : *cases) {
    Json bent = full;
    bent[Json::json_pointer(c["at"].get<std::string>())] = c["put"];
    const std::string why = WhyRefused(DumpJson(bent));
    EXPECT_TRUE(Names(why, c["names"])) << DumpJson(c) << "\n  " << why;
    EXPECT_EQ(why.find('\n'), std::string::npos) << why;
    EXPECT_LT(why.size(), 600u) << why;
  }
}

TEST(PolicyTest, EveryFieldButTheConditionsIsRequired) {
  const Json full = ParseJson(TestData("full.json")).value();
  for (const char* key : {"format", "activation", "approvers"}) {
    Json without = full;
    without.erase(key);
    EXPECT_TRUE(Names(WhyRefused(DumpJson(without)), std::string(key) + " is missing"));
  }
  for (const char* key : {"approvals", "formats", "golden_origin", "free_memory"}) {
    Json without = full;
    without["activation"].erase(key);
    EXPECT_EQ(WhyRefused(DumpJson(without)), "accepted");
  }
}

TEST(PolicyTest, IsReadStrictly) {
  const std::string text = TestData("full.json");
  for (size_t i = 0; i + 2 < text.size(); i += 7) EXPECT_NE(WhyRefused(text.substr(0, i)), "accepted") << i;
  EXPECT_TRUE(Names(WhyRefused("{\"format\": 1," + text.substr(1)), "twice"));
  EXPECT_TRUE(Names(WhyRefused(text + "{}"), "JSON"));
  EXPECT_EQ(Policy::Parse(std::string(Policy::kMaxBytes + 1, ' ')).error().code, ErrorCode::kTooLarge);
}

TEST(PolicyTest, TheDefaultLetsANewcomerBeginAndSaysWhatItDoesNotAsk) {
  const auto policy = Policy::Parse(DefaultPolicyBytes());
  ASSERT_TRUE(policy) << policy.error().text;
  EXPECT_NE(testing::ReadFile(LOTMARK_SOURCE_DIR "/doc/policy.md").find(DefaultPolicyBytes()), std::string::npos);
  EXPECT_EQ(policy->activation().approvals, 0u);
  EXPECT_EQ(policy->activation().formats, std::set{manifest::Format::kOnnx});
  EXPECT_EQ(policy->activation().golden_origin, manifest::GoldenOrigin::kRecorded);
  EXPECT_EQ(policy->activation().free_memory_times_artifact, 3);
  EXPECT_EQ(Relaxations(*policy),
            (std::vector<std::string>{"activation needs no approval", "a change of the policy needs no approval",
                                      "golden cases may be recorded from the model itself"}));
}

TEST(PolicyTest, TheStrictestRelaxesNothingAndTheEmptyOneEverything) {
  EXPECT_TRUE(Relaxations(*Policy::Parse(TestData("full.json"))).empty());
  EXPECT_EQ(Relaxations(*Policy::Parse(R"({"format": 1, "activation": {}, "approvers": []})")).size(), 5u);
}

}  // namespace
}  // namespace lotmark::policy
