#include "approval/request.h"

#include <fmt/format.h>

#include "approval/request_fields.h"
#include "base/json_field.h"

namespace lotmark::approval {
namespace {

constexpr std::string_view kWhyStrict = "whoever signs must see all that they sign";
constexpr int64_t kFormat = 1;

Result<VersionSubject> ParseVersionSubject(const JsonObject& object) {
  LOTMARK_RETURN_IF_ERROR(RefuseUnknownKeys(
      object, {"format", "volume_id", "subject", "model", "version", "manifest_sha256", "evidence"}, kWhyStrict));
  LOTMARK_ASSIGN_OR_RETURN(const ModelName model, RequiredModel(object));
  LOTMARK_ASSIGN_OR_RETURN(const Version version, RequiredVersion(object));
  LOTMARK_ASSIGN_OR_RETURN(const Digest manifest_sha256, RequiredDigest(object, "manifest_sha256"));
  LOTMARK_ASSIGN_OR_RETURN(EvidenceSet evidence, RequiredEvidence(object));
  return VersionSubject{model, version, manifest_sha256, std::move(evidence)};
}

Result<PolicySubject> ParsePolicySubject(const JsonObject& object) {
  LOTMARK_RETURN_IF_ERROR(
      RefuseUnknownKeys(object, {"format", "volume_id", "subject", "policy_sha256", "replaces"}, kWhyStrict));
  LOTMARK_ASSIGN_OR_RETURN(const Digest policy_sha256, RequiredDigest(object, "policy_sha256"));
  LOTMARK_ASSIGN_OR_RETURN(const ReplacedPolicy replaces, RequiredReplaces(object));
  return PolicySubject{policy_sha256, replaces};
}

enum class SubjectKind { kVersion, kPolicy };

}  // namespace

const Digest& ApprovalRequest::subject_sha256() const {
  const auto* const of_version = std::get_if<VersionSubject>(&subject);
  return of_version != nullptr ? of_version->manifest_sha256 : std::get<PolicySubject>(subject).policy_sha256;
}

std::string ApprovalRequest::subject_name() const {
  const auto* const of_version = std::get_if<VersionSubject>(&subject);
  return of_version != nullptr ? of_version->model.text() + "/" + of_version->version.text() : "policy.json";
}

Result<ApprovalRequest> ParseRequest(std::string_view json) {
  LOTMARK_ASSIGN_OR_RETURN(const Json document, ParseJson(json, {.max_bytes = kMaxRequestBytes, .max_depth = 4}));
  LOTMARK_ASSIGN_OR_RETURN(const JsonObject object, JsonObject::Of(document, ""));
  LOTMARK_ASSIGN_OR_RETURN(const int64_t format, object.RequiredInteger("format"));
  if (format != kFormat) {
    return Refused(fmt::format("format: {} is not known: this program reads format {}", format, kFormat));
  }
  LOTMARK_ASSIGN_OR_RETURN(const Uuid volume_id, RequiredVolumeId(object));
  LOTMARK_ASSIGN_OR_RETURN(const std::string word, object.RequiredString("subject"));
  LOTMARK_ASSIGN_OR_RETURN(
      const SubjectKind kind,
      Choose<SubjectKind>(word, "subject", {{"version", SubjectKind::kVersion}, {"policy", SubjectKind::kPolicy}}));
  if (kind == SubjectKind::kVersion) {
    LOTMARK_ASSIGN_OR_RETURN(VersionSubject subject, ParseVersionSubject(object));
    return ApprovalRequest{volume_id, std::move(subject)};
  }
  LOTMARK_ASSIGN_OR_RETURN(const PolicySubject subject, ParsePolicySubject(object));
  return ApprovalRequest{volume_id, subject};
}

std::string FormatRequest(const ApprovalRequest& request) {
  Json json{{"format", kFormat}, {"volume_id", request.volume_id.text()}};
  if (const auto* const version = std::get_if<VersionSubject>(&request.subject)) {
    json["subject"] = "version";
    json["model"] = version->model.text();
    json["version"] = version->version.text();
    json["manifest_sha256"] = version->manifest_sha256.hex();
    json["evidence"] = EvidenceJson(version->evidence);
  } else {
    const auto& policy = std::get<PolicySubject>(request.subject);
    json["subject"] = "policy";
    json["policy_sha256"] = policy.policy_sha256.hex();
    json["replaces"] = ReplacesJson(policy.replaces);
  }
  return DumpJson(json, 2) + "\n";
}

}  // namespace lotmark::approval
