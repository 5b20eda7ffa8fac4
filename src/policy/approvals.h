// Which approvals count, and why the others do not: a pure function of the policy in force and of what was imported.
//
// An approval counts when its key is a person's in the policy and not revoked, its signature is that key's, its name is
// that person's, and all that it says is exactly what is wanted: volume, model, version, manifest digest and evidence;
// or new policy, replaced policy and the event that put that one in force. People are counted, not keys or files.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "approval/request.h"
#include "approval/signed_approval.h"
#include "policy/policy.h"

namespace lotmark::policy {

// An approval as its file gives it.
struct GivenApproval {
  Digest file_sha256;
  Digest key_id;
  std::string name;        // as the signer typed it
  bool is_by_key = false;  // the signature was checked with the policy's key of this id; false where it has none
  approval::ApprovalRequest request;
};
GivenApproval Examine(const Policy& policy, const approval::Approval& approval);

struct ApprovalFacts {
  approval::ApprovalRequest wanted;  // what an approval must say now
  std::vector<GivenApproval> given;
  std::set<Digest> revoked_keys;
};

enum class Standing {
  kCounts,
  kKeyRevoked,
  kKeyUnknown,  // nobody's in this policy
  kBadSignature,
  kOtherName,  // the key is another person's than the name says
  kOtherVolume,
  kOtherSubject,  // another model, version or manifest, another policy, or a version where a policy is wanted
  kOtherEvidence,
  kReplaced,  // of a change to a policy that is no longer in force
};
std::string_view StandingName(Standing standing);  // "counts", "key_revoked", …

struct JudgedApproval {
  Digest file_sha256;
  Digest key_id;
  std::string person;  // as the policy names the key's owner; "" when it is nobody's
  Standing standing = Standing::kCounts;
  std::string why;  // it does not count, as a sentence: "its key 0123456789ab… is revoked"; "" when it counts
};
JudgedApproval Judge(const Policy& policy, const approval::ApprovalRequest& wanted,
                     const std::set<Digest>& revoked_keys, const GivenApproval& given);

struct ApprovalTally {
  std::vector<JudgedApproval> judged;  // in the order given
  std::set<std::string> people;        // who approved, each once
};
ApprovalTally EvaluateApprovals(const Policy& policy, const ApprovalFacts& facts);

}  // namespace lotmark::policy
