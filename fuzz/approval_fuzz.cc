// What comes from other people's machines and from the volume: policies, requests to approve, signed approvals, keys.
// Whatever is taken says one thing only, so writing it again and reading that gives the same.
#include "approval/request.h"
#include "approval/signature_der.h"
#include "approval/signed_approval.h"
#include "approval/statement.h"
#include "base/encoding.h"
#include "fuzz.h"
#include "policy/decision.h"

namespace lotmark::fuzz {
namespace {

const policy::Policy& DefaultPolicy() {
  static const policy::Policy policy = policy::Policy::Parse(policy::DefaultPolicyBytes()).value();
  return policy;
}

// Judging never fails, whatever is wanted and given.
void CheckJudgement(const approval::ApprovalRequest& request) {
  const policy::ApprovalFacts facts{request, {{Digest(), Digest(), "Ada", true, request}}, {}};
  Require(policy::EvaluateApprovals(DefaultPolicy(), facts).people.empty(), "a stranger's approval counts for nobody");
}

void CheckPolicy(std::string_view text) {
  const auto policy = policy::Policy::Parse(std::string(text));
  if (!policy) return Require(!policy.error().text.empty(), "a refusal says why");
  Require(policy->bytes() == text, "the bytes are kept");
  Require(policy->activation().approvals <= policy->approvers().size(), "the approvals can be reached");
  for (const auto& person : policy->approvers()) {
    for (const auto& key : person.keys)
      Require(policy->FindSigner(key.id()).person == &person, "a key is one person's");
  }
  policy::Relaxations(*policy);
}

void CheckRequest(std::string_view text) {
  const auto request = approval::ParseRequest(text);
  if (!request) return Require(!request.error().text.empty(), "a refusal says why");
  const auto again = approval::ParseRequest(approval::FormatRequest(*request));
  Require(again && *again == *request, "a request reads back");
  CheckJudgement(*request);
}

void CheckEnvelope(std::string_view text) {
  const auto approval = approval::Approval::Parse(std::string(text));
  if (!approval) return Require(!approval.error().text.empty(), "a refusal says why");
  Require(approval->bytes() == text, "the bytes are kept");
  CheckJudgement(approval->request());
}

// The payload under test in an envelope that is sound, so that what is inside is reached.
void CheckPayload(std::string_view text) {
  CheckEnvelope(
      approval::FormatEnvelope({std::string(approval::kStatementMediaType), std::string(text), Digest(), {}}));
}

void CheckKey(std::string_view text) {
  const auto key = approval::PublicKey::FromPem(text);
  if (key) Require(approval::PublicKey::FromPem(key->ToPem())->id() == key->id(), "a key reads back");
  const auto of_der = approval::PublicKey::FromDer(AsBytes(text));
  if (of_der) Require(AsText(of_der->der()) == text, "a key has one form");
  const bool canonical = approval::CheckSignatureDer(AsBytes(text)).has_value();
  Require(!canonical || text.size() <= approval::kMaxSignatureBytes, "a signature is short");
}

void Check(const Input& input) {
  switch (input.choice % 5) {
    case 0:
      return CheckPolicy(input.text);
    case 1:
      return CheckRequest(input.text);
    case 2:
      return CheckEnvelope(input.text);
    case 3:
      return CheckPayload(input.text);
    default:
      return CheckKey(input.text);
  }
}

}  // namespace
}  // namespace lotmark::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  lotmark::fuzz::Check(lotmark::fuzz::Split(data, size));
  return 0;
}
