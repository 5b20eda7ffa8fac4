#include "policy/approvals.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "base/encoding.h"

namespace lotmark::policy {
namespace {

using approval::ApprovalRequest;
using approval::EvidenceRef;
using approval::EvidenceSet;
using approval::PolicySubject;
using approval::VersionSubject;

struct Objection {
  Standing standing;
  std::string why;
};

std::string ListOf(const EvidenceSet& evidence) {
  std::string text;
  for (const EvidenceRef& one : evidence) {
    text += fmt::format("{}{} {}…", text.empty() ? "" : ", ", one.kind, one.sha256.short_hex());
  }
  return text;
}

std::string EvidenceDifference(const EvidenceSet& wanted, const EvidenceSet& given) {
  EvidenceSet unseen;
  EvidenceSet gone;
  std::set_difference(wanted.begin(), wanted.end(), given.begin(), given.end(), std::inserter(unseen, unseen.end()));
  std::set_difference(given.begin(), given.end(), wanted.begin(), wanted.end(), std::inserter(gone, gone.end()));
  std::string text = "it is of other evidence:";
  if (!unseen.empty()) text += " without " + ListOf(unseen);
  if (!gone.empty()) text += (unseen.empty() ? " with " : ", with ") + ListOf(gone);
  return text;
}

std::optional<Objection> Compare(const VersionSubject& wanted, const VersionSubject& given) {
  if (given.model != wanted.model || given.version != wanted.version) {
    return Objection{Standing::kOtherSubject,
                     fmt::format("it is of {} {}, not of {} {}", given.model.text(), given.version.text(),
                                 wanted.model.text(), wanted.version.text())};
  }
  if (given.manifest_sha256 != wanted.manifest_sha256) {
    return Objection{Standing::kOtherSubject,
                     fmt::format("it is of another manifest: {}…, not {}…", given.manifest_sha256.short_hex(),
                                 wanted.manifest_sha256.short_hex())};
  }
  if (given.evidence != wanted.evidence) {
    return Objection{Standing::kOtherEvidence, EvidenceDifference(wanted.evidence, given.evidence)};
  }
  return std::nullopt;
}

std::optional<Objection> Compare(const PolicySubject& wanted, const PolicySubject& given) {
  if (given.policy_sha256 != wanted.policy_sha256) {
    return Objection{Standing::kOtherSubject,
                     fmt::format("it is of another policy: {}…, not {}…", given.policy_sha256.short_hex(),
                                 wanted.policy_sha256.short_hex())};
  }
  if (given.replaces != wanted.replaces) {
    return Objection{Standing::kReplaced,
                     fmt::format("it replaces the policy {}… of event {}, and {}… of event {} is in force",
                                 given.replaces.policy_sha256.short_hex(), given.replaces.event,
                                 wanted.replaces.policy_sha256.short_hex(), wanted.replaces.event)};
  }
  return std::nullopt;
}

std::optional<Objection> Compare(const ApprovalRequest& wanted, const ApprovalRequest& given) {
  if (given.volume_id != wanted.volume_id) {
    return Objection{Standing::kOtherVolume, "it is for the volume " + given.volume_id.text()};
  }
  const auto* const wanted_version = std::get_if<VersionSubject>(&wanted.subject);
  const auto* const given_version = std::get_if<VersionSubject>(&given.subject);
  if (wanted_version != nullptr && given_version != nullptr) return Compare(*wanted_version, *given_version);
  if (wanted_version != nullptr) return Objection{Standing::kOtherSubject, "it is of a change of the policy"};
  if (given_version != nullptr) return Objection{Standing::kOtherSubject, "it is of " + given.subject_name()};
  return Compare(std::get<PolicySubject>(wanted.subject), std::get<PolicySubject>(given.subject));
}

std::optional<Objection> ObjectionTo(const Policy::Signer& signer, const ApprovalRequest& wanted,
                                     const std::set<Digest>& revoked_keys, const GivenApproval& given) {
  const std::string key = given.key_id.short_hex() + "…";
  if (revoked_keys.contains(given.key_id)) {
    return Objection{Standing::kKeyRevoked, "its key " + key + " is revoked"};
  }
  if (signer.person == nullptr) {
    return Objection{Standing::kKeyUnknown, "its key " + key + " is nobody's in the policy in force"};
  }
  if (!given.is_by_key) return Objection{Standing::kBadSignature, "its signature is not by its key " + key};
  if (given.name != signer.person->name) {
    return Objection{Standing::kOtherName, fmt::format("it is signed as '{}', and its key {} is that of '{}'",
                                                       Printable(given.name), key, Printable(signer.person->name))};
  }
  return Compare(wanted, given.request);
}

}  // namespace

std::string_view StandingName(Standing standing) {
  switch (standing) {
    case Standing::kCounts:
      return "counts";
    case Standing::kKeyRevoked:
      return "key_revoked";
    case Standing::kKeyUnknown:
      return "key_unknown";
    case Standing::kBadSignature:
      return "bad_signature";
    case Standing::kOtherName:
      return "other_name";
    case Standing::kOtherVolume:
      return "other_volume";
    case Standing::kOtherSubject:
      return "other_subject";
    case Standing::kOtherEvidence:
      return "other_evidence";
    case Standing::kReplaced:
      return "replaced";
  }
  return "";
}

GivenApproval Examine(const Policy& policy, const approval::Approval& approval) {
  const Policy::Signer signer = policy.FindSigner(approval.key_id());
  return {approval.digest(), approval.key_id(), approval.content().name,
          signer.key != nullptr && approval.Verify(*signer.key).has_value(), approval.request()};
}

JudgedApproval Judge(const Policy& policy, const ApprovalRequest& wanted, const std::set<Digest>& revoked_keys,
                     const GivenApproval& given) {
  const Policy::Signer signer = policy.FindSigner(given.key_id);
  JudgedApproval judged{given.file_sha256, given.key_id, signer.person != nullptr ? signer.person->name : "",
                        Standing::kCounts, ""};
  if (auto objection = ObjectionTo(signer, wanted, revoked_keys, given)) {
    judged.standing = objection->standing;
    judged.why = std::move(objection->why);
  }
  return judged;
}

ApprovalTally EvaluateApprovals(const Policy& policy, const ApprovalFacts& facts) {
  ApprovalTally tally;
  for (const GivenApproval& given : facts.given) {
    JudgedApproval judged = Judge(policy, facts.wanted, facts.revoked_keys, given);
    if (judged.standing == Standing::kCounts) tally.people.insert(judged.person);
    tally.judged.push_back(std::move(judged));
  }
  return tally;
}

}  // namespace lotmark::policy
