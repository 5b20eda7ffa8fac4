// The policy in force, its change, and the revocation of keys.
//
// The journal says which policy is in force, by digest; its bytes lie in `policies/`. A policy comes into force by one
// event, after its file is durable.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "approval/request.h"
#include "base/result.h"
#include "journal/history.h"
#include "policy/decision.h"
#include "policy/policy.h"
#include "store/locked_volume.h"
#include "store/reader.h"

namespace lotmark::govern {

// kRefused: its file is missing, changed, or not understood by this program.
Result<policy::Policy> ReadPolicy(fs::Dir& root, const journal::VolumeHistory& history);

// What an approval of `proposed` must say now.
approval::ApprovalRequest RequestFor(const store::VolumeInfo& info, const journal::VolumeHistory& history,
                                     const policy::Policy& proposed);

// The approvals of `proposed` that were imported, judged by the policy in force.
Result<policy::ApprovalFacts> PolicyApprovals(fs::Dir& root, const store::VolumeInfo& info,
                                              const journal::VolumeHistory& history, const policy::Policy& proposed);

enum class PolicyOutcome { kChanged, kAlreadyInForce };

// Puts the policy of these bytes in force. kRefused: it is no policy; the policy in force asks for approvals that it
// does not have (the text lists all that is missing).
Result<PolicyOutcome> SetPolicy(const store::Workplace& place, std::string bytes, const std::string& reason);

struct Revocation {
  bool was_revoked = false;  // before; nothing was recorded then
  std::string person;        // whose key it is by the policy in force; "" = nobody's
  size_t people_left = 0;    // who still have a key that counts
  size_t approvals = 0;      // that the policy in force asks for
};
// From now on no approval by this key counts. Needs no approval itself: it only takes power away.
Result<Revocation> RevokeKey(const store::Workplace& place, const Digest& key_id, const std::string& reason);

std::set<Digest> RevokedKeys(const journal::VolumeHistory& history);

// One text of all that is missing, for a refusal.
Error UnmetError(const std::string& what, const std::vector<policy::Unmet>& unmet);

}  // namespace lotmark::govern
