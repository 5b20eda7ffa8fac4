// Requests, keys and approvals for tests.
#pragma once

#include <chrono>
#include <string>

#include "approval/dsse.h"
#include "approval/signed_approval.h"

namespace lotmark::approval::testing {

inline Uuid VolumeId(char last = '1') {
  return Uuid::Parse(std::string("0b0e9c1e-5d3a-4c7b-9f00-00000000000") + last).value();
}

inline ApprovalRequest VersionRequest(const std::string& version = "2024-v1") {
  return {VolumeId(), VersionSubject{ModelName::Parse("lesion_cnn").value(),
                                     Version::Parse(version).value(),
                                     Sha256Of("manifest of " + version),
                                     {{"golden", Sha256Of("golden")}, {"evaluation", Sha256Of("evaluation")}}}};
}

inline ApprovalRequest PolicyRequest() {
  return {VolumeId(), PolicySubject{Sha256Of("new policy"), {Sha256Of("old policy"), 7}}};
}

inline ApprovalContent Content(ApprovalRequest request, const std::string& name = "Ada Lovelace") {
  using namespace std::chrono_literals;
  return {name, UtcTime(1'780'000'000s), "I have read DR-118 and approve clinical use", std::move(request)};
}

// An envelope around any payload at all, with a sound signature.
inline std::string SignedEnvelope(const std::string& payload, const PrivateKey& key,
                                  const std::string& type = "application/vnd.in-toto+json") {
  return FormatEnvelope({type, payload, key.public_key().id(), key.Sign(AsBytes(PreAuthEncoding(type, payload)))});
}

}  // namespace lotmark::approval::testing
