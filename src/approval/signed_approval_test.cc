// Envelopes as an attacker would bend them: nothing that was not signed, in exactly this form, is ever taken.
#include "approval/signed_approval.h"

#include <gtest/gtest.h>

#include "approval/testing/samples.h"
#include "base/encoding.h"
#include "base/json.h"

namespace lotmark::approval {
namespace {

using testing::Content;
using testing::PolicyRequest;
using testing::SignedEnvelope;
using testing::VersionRequest;

bool Has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

// What a signer's program sent and we took: parsed and verified.
Result<Approval> Take(const std::string& envelope, const PublicKey& key) {
  LOTMARK_ASSIGN_OR_RETURN(Approval approval, Approval::Parse(envelope));
  LOTMARK_RETURN_IF_ERROR(approval.Verify(key));
  return approval;
}

std::string WhyRefused(const std::string& envelope, const PublicKey& key) {
  const auto approval = Take(envelope, key);
  return approval ? "accepted" : approval.error().text;
}

class SignedApprovalTest : public ::testing::Test {
 protected:
  Approval Signed(const ApprovalRequest& request) const { return Approval::Sign(Content(request), key_).value(); }
  std::string Payload() const { return ParseEnvelope(Signed(VersionRequest()).bytes())->payload; }
  // The reason why a payload is refused though its signature is sound.
  std::string WhyPayload(const std::string& payload) const {
    return WhyRefused(SignedEnvelope(payload, key_), key_.public_key());
  }
  std::string WhyWith(const std::string& at, Json value) const {
    Json json = ParseJson(Payload()).value();
    json[Json::json_pointer(at)] = std::move(value);
    return WhyPayload(DumpJson(json));
  }

  const PrivateKey key_ = PrivateKey::Generate();
};

TEST_F(SignedApprovalTest, ReadsBackWhatWasSigned) {
  for (const ApprovalRequest& request : {VersionRequest(), PolicyRequest()}) {
    const Approval made = Signed(request);
    const auto read = Take(made.bytes(), key_.public_key());
    ASSERT_TRUE(read) << read.error().text;
    EXPECT_EQ(read->request(), request);
    EXPECT_EQ(read->content().name, "Ada Lovelace");
    EXPECT_EQ(read->content().meaning, Content(request).meaning);
    EXPECT_EQ(read->content().time, Content(request).time);
    EXPECT_EQ(read->key_id(), key_.public_key().id());
    EXPECT_EQ(read->digest(), Sha256Of(made.bytes()));
  }
}

TEST_F(SignedApprovalTest, TheStatementIsInTotos) {
  const Json statement = ParseJson(Payload()).value();
  EXPECT_EQ(statement["_type"], "https://in-toto.io/Statement/v1");
  EXPECT_EQ(statement["predicateType"], "urn:lotmark:approval:v1");
  EXPECT_EQ(statement["subject"][0]["name"], "lesion_cnn/2024-v1");
  EXPECT_EQ(statement["subject"][0]["digest"]["sha256"], VersionRequest().subject_sha256().hex());
}

TEST_F(SignedApprovalTest, EveryFlippedByteIsRefusedOrChangesNothing) {
  const Approval made = Signed(VersionRequest());
  const size_t payload_begin = made.bytes().find("\"payload\":\"") + 11;
  const size_t payload_end = made.bytes().find('"', payload_begin);
  size_t refused = 0;
  for (size_t i = 0; i < made.bytes().size(); ++i) {
    for (const int bit : {0x01, 0x04, 0x20, 0x80}) {
      std::string flipped = made.bytes();
      flipped[i] = static_cast<char>(flipped[i] ^ bit);
      const auto taken = Take(flipped, key_.public_key());
      refused += taken ? 0 : 1;
      EXPECT_FALSE(taken && i >= payload_begin && i < payload_end) << i;
      EXPECT_TRUE(!taken || taken->statement_sha256() == made.statement_sha256()) << i;
    }
  }
  EXPECT_GT(refused, 4 * made.bytes().size() - 10);  // all but the white space at the end
}

TEST_F(SignedApprovalTest, EveryFlippedByteOfThePayloadIsRefused) {
  const Envelope envelope = ParseEnvelope(Signed(VersionRequest()).bytes()).value();
  for (size_t i = 0; i < envelope.payload.size(); ++i) {
    Envelope flipped = envelope;
    flipped.payload[i] = static_cast<char>(flipped.payload[i] ^ 1);
    EXPECT_NE(WhyRefused(FormatEnvelope(flipped), key_.public_key()), "accepted") << i;
  }
}

TEST_F(SignedApprovalTest, EveryTruncationIsRefused) {
  const std::string bytes = Signed(VersionRequest()).bytes();
  for (size_t i = 0; i + 1 < bytes.size(); ++i) EXPECT_FALSE(Approval::Parse(bytes.substr(0, i))) << i;
}

TEST_F(SignedApprovalTest, SwappedPartsAreRefused) {
  const PrivateKey other = PrivateKey::Generate();
  const Envelope mine = ParseEnvelope(Signed(VersionRequest()).bytes()).value();
  const Envelope of_other_version = ParseEnvelope(Signed(VersionRequest("2025-v1")).bytes()).value();
  Envelope swapped = mine;
  swapped.signature = of_other_version.signature;
  EXPECT_TRUE(Has(WhyRefused(FormatEnvelope(swapped), key_.public_key()), "not by the key"));
  swapped = mine;
  swapped.payload = of_other_version.payload;
  EXPECT_TRUE(Has(WhyRefused(FormatEnvelope(swapped), key_.public_key()), "not by the key"));
  swapped = mine;
  swapped.key_id = other.public_key().id();
  EXPECT_TRUE(Has(WhyRefused(FormatEnvelope(swapped), key_.public_key()), "keyid"));
  EXPECT_TRUE(Has(WhyRefused(FormatEnvelope(swapped), other.public_key()), "not by the key"));
  EXPECT_TRUE(Has(WhyRefused(Signed(VersionRequest()).bytes(), other.public_key()), "keyid"));
}

TEST_F(SignedApprovalTest, TheEnvelopeIsReadStrictly) {
  const Json good = ParseJson(Signed(VersionRequest()).bytes()).value();
  const auto why = [&](const std::string& at, Json value) {
    Json json = good;
    json[Json::json_pointer(at)] = std::move(value);
    return WhyRefused(DumpJson(json), key_.public_key());
  };
  EXPECT_EQ(why("/payloadType", good["payloadType"]), "accepted");
  EXPECT_TRUE(Has(why("/payloadType", "text/plain"), "payloadType"));
  EXPECT_TRUE(Has(why("/payloadType", ""), "payloadType"));
  EXPECT_TRUE(Has(why("/payload", "####"), "payload"));
  EXPECT_TRUE(Has(why("/payload", "e30"), "payload"));
  EXPECT_TRUE(Has(why("/payload", 1), "payload"));
  EXPECT_TRUE(Has(why("/more", 1), "more is not a field"));
  EXPECT_TRUE(Has(why("/signatures", Json::array()), "exactly one"));
  EXPECT_TRUE(Has(why("/signatures/1", good["signatures"][0]), "exactly one"));
  EXPECT_TRUE(Has(why("/signatures", good["signatures"][0]), "signatures must be an array"));
  EXPECT_TRUE(Has(why("/signatures/0/keyid", "ada"), "keyid"));
  EXPECT_TRUE(Has(why("/signatures/0/cert", "x"), "cert is not a field"));
  EXPECT_TRUE(Has(why("/signatures/0/sig", ""), "not a P-256 signature"));
  const std::string text = Signed(VersionRequest()).bytes();
  EXPECT_TRUE(Has(WhyRefused("{\"payload\":\"e30=\"," + text.substr(1), key_.public_key()), "twice"));
  EXPECT_TRUE(Has(WhyRefused(text + "{}", key_.public_key()), "not valid JSON"));
  EXPECT_EQ(Approval::Parse(std::string(kMaxEnvelopeBytes + 1, ' ')).error().code, ErrorCode::kTooLarge);
}

TEST_F(SignedApprovalTest, ASoundSignatureDoesNotExcuseAStrangePayload) {
  EXPECT_EQ(WhyPayload(Payload()), "accepted");
  for (const char* bad : {"", "[]", "{}", "null", "hello"}) EXPECT_NE(WhyPayload(bad), "accepted") << bad;
  const struct {
    const char* at;
    Json value;
    const char* names;
  } cases[] = {
      {"/_type", "https://in-toto.io/Statement/v0.1", "_type"},
      {"/predicateType", "urn:lotmark:approval:v2", "predicateType"},
      {"/more", 1, "more"},
      {"/subject", Json::array(), "subject"},
      {"/subject/1", Json::object(), "subject"},
      {"/subject/0/name", "lesion_cnn/2025-v1", "is not what the predicate says"},
      {"/subject/0/name", "policy.json", "is not what the predicate says"},
      {"/subject/0/digest/sha256", "abc", "sha256"},
      {"/subject/0/digest/sha512", "abc", "sha512"},
      {"/subject/0/uri", "x", "uri"},
      {"/predicate", "x", "predicate"},
      {"/predicate/name", "", "predicate.name"},
      {"/predicate/name", std::string(129, 'a'), "predicate.name"},
      {"/predicate/name", "Ada\nLovelace", "predicate.name"},
      {"/predicate/time", "yesterday", "predicate.time"},
      {"/predicate/time", "2026-02-30T00:00:00Z", "predicate.time"},
      {"/predicate/meaning", "", "predicate.meaning"},
      {"/predicate/meaning", std::string(1001, 'a'), "predicate.meaning"},
      {"/predicate/volume_id", "1", "predicate.volume_id"},
      {"/predicate/model", "../x", "predicate.model"},
      {"/predicate/version", "", "predicate.version"},
      {"/predicate/evidence", nullptr, "predicate.evidence"},
      {"/predicate/evidence/0/kind", "Golden", "predicate.evidence[0].kind"},
      {"/predicate/evidence/0/more", 1, "more"},
      {"/predicate/evidence/0/sha256", 1, "predicate.evidence[0].sha256"},
      {"/predicate/replaces", Json{{"policy_sha256", std::string(64, 'a')}, {"event", 1}}, "predicate.model"},
      {"/predicate/more", 1, "predicate.more"},
  };
  for (const auto& c : cases) {
    const std::string why = WhyWith(c.at, c.value);
    EXPECT_TRUE(Has(why, c.names)) << c.at << ": " << why;
    EXPECT_TRUE(why.starts_with("payload: ")) << why;
  }
  const std::string payload = Payload();
  EXPECT_TRUE(Has(WhyPayload("{\"_type\":\"x\"," + payload.substr(1)), "twice"));
  Json twice = ParseJson(payload).value();
  twice["predicate"]["evidence"].push_back(twice["predicate"]["evidence"][0]);
  EXPECT_TRUE(Has(WhyPayload(DumpJson(twice)), "twice"));
}

TEST_F(SignedApprovalTest, SignRefusesNamesAndMeaningsThatAreNotOneLine) {
  for (const std::string& bad : {std::string(), std::string(" x"), std::string("a\nb"), std::string(2000, 'x')}) {
    ApprovalContent content = Content(VersionRequest());
    content.name = bad;
    EXPECT_FALSE(Approval::Sign(content, key_));
    content = Content(VersionRequest());
    content.meaning = bad;
    EXPECT_FALSE(Approval::Sign(content, key_));
  }
}

TEST_F(SignedApprovalTest, TheLargestOfAllFits) {
  ApprovalRequest request = VersionRequest();
  auto& evidence = std::get<VersionSubject>(request.subject).evidence;
  evidence.clear();
  for (size_t i = 0; i < kMaxEvidence; ++i) evidence.insert({std::string(64, 'k'), Sha256Of(std::to_string(i))});
  ApprovalContent content = Content(request);
  content.name = std::string(kMaxNameBytes, '"');
  content.meaning = std::string(kMaxMeaningBytes, '"');
  const auto made = Approval::Sign(content, key_);
  ASSERT_TRUE(made) << made.error().text;
  EXPECT_EQ(ParseRequest(FormatRequest(request)).value(), request);
}

TEST(DsseTest, EncodesAsTheSpecificationsExample) {
  EXPECT_EQ(PreAuthEncoding("http://example.com/HelloWorld", "hello world"),
            "DSSEv1 29 http://example.com/HelloWorld 11 hello world");
}

}  // namespace
}  // namespace lotmark::approval
