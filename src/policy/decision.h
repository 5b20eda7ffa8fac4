// What is still missing before a version may become active or a policy may be replaced: pure functions of the policy in
// force and of facts, which others gather. They never stop at the first thing: whoever prepares an update sees all of
// it.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "manifest/artifact.h"
#include "manifest/golden.h"
#include "policy/approvals.h"
#include "policy/policy.h"

namespace lotmark::policy {

// About the version that is to become active, and about the machine.
struct Facts {
  std::set<manifest::Format> usable_formats;            // the manifest has all that serving them needs
  std::optional<manifest::GoldenOrigin> golden_origin;  // absent = it has no golden cases
  uint64_t artifact_bytes = 0;                          // of the format to be served, external data included
  std::optional<uint64_t> available_memory;             // bytes; absent = the machine does not say
  ApprovalFacts approvals;                              // `wanted` is of this version
};

struct Unmet {
  std::string condition;  // as policy.json names it: "approvals", "formats", "golden_origin", "free_memory"
  std::string text;       // what: which: why
  std::string hint;       // one sentence on what to do
};

// Empty = the policy lets the version become active.
std::vector<Unmet> UnmetConditions(const Policy& policy, const Facts& facts);

// Empty = `in_force` lets the policy that facts.wanted names take its place: as many of its people approved it as it
// asks for an activation.
std::vector<Unmet> UnmetForPolicyChange(const Policy& in_force, const ApprovalFacts& facts);

}  // namespace lotmark::policy
