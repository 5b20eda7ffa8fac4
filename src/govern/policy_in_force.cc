#include "govern/policy_in_force.h"

#include <algorithm>

#include "approval/signed_approval.h"
#include "fs/file_ops.h"
#include "govern/approvals.h"
#include "store/fact_file.h"
#include "store/layout.h"

namespace lotmark::govern {

Result<policy::Policy> ReadPolicy(fs::Dir& root, const journal::VolumeHistory& history) {
  LOTMARK_ASSIGN_OR_RETURN(const Bytes bytes,
                           store::ReadFact(root, std::string(store::kPoliciesFolder), history.policy_sha256));
  auto policy = policy::Policy::Parse(std::string(AsText(bytes)));
  if (!policy) return Prefixed(store::PolicyLinkText(history.policy_sha256), std::move(policy).error());
  return policy;
}

approval::ApprovalRequest RequestFor(const store::VolumeInfo& info, const journal::VolumeHistory& history,
                                     const policy::Policy& proposed) {
  return {info.volume_id, approval::PolicySubject{proposed.digest(), {history.policy_sha256, history.policy_event}}};
}

Result<policy::ApprovalFacts> PolicyApprovals(fs::Dir& root, const store::VolumeInfo& info,
                                              const journal::VolumeHistory& history, const policy::Policy& proposed) {
  LOTMARK_ASSIGN_OR_RETURN(const policy::Policy in_force, ReadPolicy(root, history));
  policy::ApprovalFacts facts{RequestFor(info, history, proposed), {}, RevokedKeys(history)};
  LOTMARK_ASSIGN_OR_RETURN(const auto approvals, ReadApprovals(root, history, facts.wanted));
  for (const approval::Approval& at : approvals) facts.given.push_back(policy::Examine(in_force, at));
  return facts;
}

Result<PolicyOutcome> SetPolicy(const store::Workplace& place, std::string bytes, const std::string& reason) {
  LOTMARK_RETURN_IF_ERROR(store::CheckReason(reason));
  LOTMARK_ASSIGN_OR_RETURN(const policy::Policy proposed, policy::Policy::Parse(std::move(bytes)));
  LOTMARK_ASSIGN_OR_RETURN(store::LockedVolume volume, store::LockedVolume::Take(place));
  const journal::VolumeHistory& history = volume.history();
  if (proposed.digest() == history.policy_sha256) return PolicyOutcome::kAlreadyInForce;
  LOTMARK_ASSIGN_OR_RETURN(const policy::Policy in_force, ReadPolicy(volume.root(), history));
  LOTMARK_ASSIGN_OR_RETURN(const auto facts, PolicyApprovals(volume.root(), place.info, history, proposed));
  const auto unmet = policy::UnmetForPolicyChange(in_force, facts);
  if (!unmet.empty()) return UnmetError("the policy cannot be changed", unmet);

  journal::Event event;
  event.kind = journal::EventKind::kPolicyChanged;
  LOTMARK_ASSIGN_OR_RETURN(event.file_sha256, store::WriteFact(volume.root(), std::string(store::kPoliciesFolder),
                                                               AsBytes(proposed.bytes())));
  event.reason = reason;
  LOTMARK_RETURN_IF_ERROR(volume.Record(std::move(event)));
  // The link is for people, and the next command makes it where this fails; but no success is told after a failed sync.
  const Status linked =
      fs::ReplaceLinkAtomic(volume.root(), store::kPolicyLink, store::PolicyLinkText(proposed.digest()));
  if (!linked) return store::Unconfirmed("the policy is in force", linked.error());
  return PolicyOutcome::kChanged;
}

Result<Revocation> RevokeKey(const store::Workplace& place, const Digest& key_id, const std::string& reason) {
  LOTMARK_RETURN_IF_ERROR(store::CheckReason(reason));
  LOTMARK_ASSIGN_OR_RETURN(store::LockedVolume volume, store::LockedVolume::Take(place));
  LOTMARK_ASSIGN_OR_RETURN(const policy::Policy in_force, ReadPolicy(volume.root(), volume.history()));
  Revocation done{.was_revoked = volume.history().revoked.contains(key_id),
                  .person = "",
                  .people_left = 0,
                  .approvals = in_force.activation().approvals};
  if (const auto signer = in_force.FindSigner(key_id); signer.person != nullptr) done.person = signer.person->name;
  std::set<Digest> revoked = RevokedKeys(volume.history());
  revoked.insert(key_id);
  for (const policy::Approver& person : in_force.approvers()) {
    done.people_left += std::any_of(person.keys.begin(), person.keys.end(),
                                    [&](const approval::PublicKey& key) { return !revoked.contains(key.id()); });
  }
  if (done.was_revoked) return done;
  journal::Event event;
  event.kind = journal::EventKind::kKeyRevoked;
  event.key_id = key_id;
  event.reason = reason;
  LOTMARK_RETURN_IF_ERROR(volume.Record(std::move(event)));
  return done;
}

std::set<Digest> RevokedKeys(const journal::VolumeHistory& history) {
  std::set<Digest> keys;
  for (const auto& [key_id, event] : history.revoked) keys.insert(key_id);
  return keys;
}

Error UnmetError(const std::string& what, const std::vector<policy::Unmet>& unmet) {
  std::string text = what + ":";
  std::string hint;
  for (const policy::Unmet& one : unmet) {
    text += "\n  " + one.text;
    if (!one.hint.empty()) hint += (hint.empty() ? "" : " ") + one.hint;
  }
  return Refused(std::move(text), std::move(hint));
}

}  // namespace lotmark::govern
