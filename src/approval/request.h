// What people are asked to approve: a version of a model as it stands, or a new policy (doc/approvals.md).
//
// A request is a plain JSON file made where the volume is and carried to whoever signs. It is not trusted on the way
// back: an approval repeats all of it, and counts only where that equals what the volume says then.
#pragma once

#include <compare>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <variant>

#include "base/digest.h"
#include "base/ids.h"
#include "base/result.h"
#include "base/uuid.h"

namespace lotmark::approval {

constexpr size_t kMaxRequestBytes = 64 << 10;
constexpr size_t kMaxEvidence = 256;

// One piece of evidence: what kind it is ("golden", "evaluation", …: [a-z][a-z0-9_]{0,63}) and the digest of its file.
struct EvidenceRef {
  std::string kind;
  Digest sha256;
  auto operator<=>(const EvidenceRef&) const = default;
};
using EvidenceSet = std::set<EvidenceRef>;

struct VersionSubject {
  ModelName model;
  Version version;
  Digest manifest_sha256;
  EvidenceSet evidence;
  bool operator==(const VersionSubject&) const = default;
};

// The policy in force, and the event that put it there: an approval of a change counts for that change only, even where
// the same policy comes back later.
struct ReplacedPolicy {
  Digest policy_sha256;
  uint64_t event = 0;  // at most INT64_MAX
  bool operator==(const ReplacedPolicy&) const = default;
};

struct PolicySubject {
  Digest policy_sha256;
  ReplacedPolicy replaces;
  bool operator==(const PolicySubject&) const = default;
};

struct ApprovalRequest {
  Uuid volume_id;
  std::variant<VersionSubject, PolicySubject> subject;

  // The digest that is approved: the manifest's or the new policy's.
  const Digest& subject_sha256() const;
  // "lesion_cnn/2024-v1" or "policy.json": the name of the statement's subject.
  std::string subject_name() const;
  bool operator==(const ApprovalRequest&) const = default;
};

// Strict: unknown members, another format, a digest or a kind twice are refused. kTooLarge: over kMaxRequestBytes.
Result<ApprovalRequest> ParseRequest(std::string_view json);
// Indented JSON, for people. REQUIRES: at most kMaxEvidence pieces, with kinds as above.
std::string FormatRequest(const ApprovalRequest& request);

}  // namespace lotmark::approval
