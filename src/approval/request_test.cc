#include "approval/request.h"

#include <gtest/gtest.h>

#include "approval/testing/samples.h"
#include "base/json.h"

namespace lotmark::approval {
namespace {

using testing::PolicyRequest;
using testing::VersionRequest;

std::string WhyWith(const ApprovalRequest& request, const std::string& at, Json value) {
  Json json = ParseJson(FormatRequest(request)).value();
  json[Json::json_pointer(at)] = std::move(value);
  const auto parsed = ParseRequest(DumpJson(json));
  return parsed ? "accepted" : parsed.error().text;
}

TEST(RequestTest, ReadsBackWhatItWrote) {
  for (const ApprovalRequest& request : {VersionRequest(), PolicyRequest()}) {
    const auto read = ParseRequest(FormatRequest(request));
    ASSERT_TRUE(read) << read.error().text;
    EXPECT_EQ(*read, request);
  }
  EXPECT_EQ(VersionRequest().subject_name(), "lesion_cnn/2024-v1");
  EXPECT_EQ(PolicyRequest().subject_name(), "policy.json");
  EXPECT_EQ(PolicyRequest().subject_sha256(), Sha256Of("new policy"));
}

TEST(RequestTest, IsWrittenAsSpecified) {
  ApprovalRequest request = PolicyRequest();
  EXPECT_EQ(FormatRequest(request), R"({
  "format": 1,
  "volume_id": "0b0e9c1e-5d3a-4c7b-9f00-000000000001",
  "subject": "policy",
  "policy_sha256": ")" + Sha256Of("new policy").hex() +
                                        R"(",
  "replaces": {
    "policy_sha256": ")" + Sha256Of("old policy").hex() +
                                        R"(",
    "event": 7
  }
}
)");
}

TEST(RequestTest, NamesWhatIsWrong) {
  const struct {
    ApprovalRequest request;
    const char* at;
    Json value;
    const char* names;
  } cases[] = {
      {VersionRequest(), "/format", 2, "format: 2"},
      {VersionRequest(), "/format", "1", "format"},
      {VersionRequest(), "/subject", "policy", "model is not a field"},
      {VersionRequest(), "/subject", "model", "subject"},
      {VersionRequest(), "/volume_id", "x", "volume_id"},
      {VersionRequest(), "/model", ".x", "model"},
      {VersionRequest(), "/version", 1, "version"},
      {VersionRequest(), "/manifest_sha256", "X", "manifest_sha256"},
      {VersionRequest(), "/evidence", Json::object(), "evidence"},
      {VersionRequest(), "/evidence/0/kind", "", "evidence[0].kind"},
      {VersionRequest(), "/evidence/1/kind", "9", "evidence[1].kind"},
      {VersionRequest(), "/policy_sha256", std::string(64, 'a'), "policy_sha256"},
      {VersionRequest(), "/note", "x", "note"},
      {PolicyRequest(), "/subject", "version", "policy_sha256"},
      {PolicyRequest(), "/replaces", "x", "replaces"},
      {PolicyRequest(), "/replaces/event", -1, "replaces.event"},
      {PolicyRequest(), "/replaces/event", 1.5, "replaces.event"},
      {PolicyRequest(), "/replaces/event", UINT64_MAX, "replaces.event"},
      {PolicyRequest(), "/replaces/more", 1, "replaces.more"},
      {PolicyRequest(), "/policy_sha256", nullptr, "policy_sha256"},
  };
  for (const auto& c : cases) {
    const std::string why = WhyWith(c.request, c.at, c.value);
    EXPECT_NE(why.find(c.names), std::string::npos) << c.at << ": " << why;
  }
}

TEST(RequestTest, EveryTruncationIsRefusedAndItsSizeIsBounded) {
  const std::string text = FormatRequest(VersionRequest());
  for (size_t i = 0; i + 2 < text.size(); ++i) EXPECT_FALSE(ParseRequest(text.substr(0, i))) << i;
  EXPECT_EQ(ParseRequest(std::string(kMaxRequestBytes + 1, ' ')).error().code, ErrorCode::kTooLarge);
  Json json = ParseJson(text).value();
  for (size_t i = 0; i <= kMaxEvidence; ++i) {
    json["evidence"].push_back(Json{{"kind", "k" + std::to_string(i)}, {"sha256", std::string(64, 'a')}});
  }
  EXPECT_FALSE(ParseRequest(DumpJson(json)));
}

}  // namespace
}  // namespace lotmark::approval
