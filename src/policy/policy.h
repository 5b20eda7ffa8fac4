// policy.json: what a version must have before it may become active, and who may approve (doc/policy.md).
//
// Invariant: a Policy exists only if every word of it is understood and it can be met: a condition that is not known, a
// person or key that stands twice, more approvals than people are refused. Its exact bytes are its identity, as with a
// manifest.
// Thread safety: a value that never changes.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "approval/p256.h"
#include "base/digest.h"
#include "base/result.h"
#include "manifest/artifact.h"
#include "manifest/golden.h"

namespace lotmark::policy {

struct Approver {
  std::string name;
  std::vector<approval::PublicKey> keys;  // at least one; any of them signs for this person
};

// Absent = no such condition.
struct ActivationConditions {
  size_t approvals = 0;  // by so many different people
  std::set<manifest::Format> formats = {};
  std::optional<manifest::GoldenOrigin> golden_origin = {};  // kRecorded asks for golden cases of either origin
  std::optional<double> free_memory_times_artifact = {};
};

class Policy {
 public:
  static constexpr size_t kMaxBytes = 256 << 10;

  // kRefused names the field and says why; kTooLarge: over kMaxBytes. `bytes` are kept exactly.
  static Result<Policy> Parse(std::string bytes);

  const std::string& bytes() const { return bytes_; }
  const Digest& digest() const { return digest_; }  // SHA-256 of bytes()
  const ActivationConditions& activation() const { return activation_; }
  const std::vector<Approver>& approvers() const { return approvers_; }

  // The person whose key has this id, with the key; nullptr when it is nobody's.
  struct Signer {
    const Approver* person = nullptr;
    const approval::PublicKey* key = nullptr;
  };
  Signer FindSigner(const Digest& key_id) const;

 private:
  Policy(std::string bytes, ActivationConditions activation, std::vector<Approver> approvers);

  std::string bytes_;
  Digest digest_;
  ActivationConditions activation_;
  std::vector<Approver> approvers_;
};

// The policy of a new volume: nobody's approval, an ONNX file, golden cases of either origin, three times its size of
// free memory.
std::string DefaultPolicyBytes();

// What this policy does not ask for, one line each, for `status`: a newcomer's defaults are seen, not forgotten.
std::vector<std::string> Relaxations(const Policy& policy);

}  // namespace lotmark::policy
