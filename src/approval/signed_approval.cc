#include "approval/signed_approval.h"

#include <fmt/format.h>

#include "approval/request_fields.h"
#include "approval/statement.h"
#include "base/json_field.h"

namespace lotmark::approval {
namespace {

constexpr std::string_view kWhyStrict = "what is signed means one thing only";

Statement StatementOf(const ApprovalContent& content) {
  const ApprovalRequest& request = content.request;
  Json predicate{{"name", content.name},
                 {"time", FormatUtc(content.time)},
                 {"meaning", content.meaning},
                 {"volume_id", request.volume_id.text()}};
  if (const auto* const version = std::get_if<VersionSubject>(&request.subject)) {
    predicate["model"] = version->model.text();
    predicate["version"] = version->version.text();
    predicate["evidence"] = EvidenceJson(version->evidence);
  } else {
    predicate["replaces"] = ReplacesJson(std::get<PolicySubject>(request.subject).replaces);
  }
  return {request.subject_name(), request.subject_sha256(), std::string(kApprovalType), std::move(predicate)};
}

Result<ApprovalRequest> RequestOf(const Statement& statement, const JsonObject& predicate) {
  LOTMARK_ASSIGN_OR_RETURN(const Uuid volume_id, RequiredVolumeId(predicate));
  if (predicate.Has("replaces")) {
    LOTMARK_RETURN_IF_ERROR(
        RefuseUnknownKeys(predicate, {"name", "time", "meaning", "volume_id", "replaces"}, kWhyStrict));
    LOTMARK_ASSIGN_OR_RETURN(const ReplacedPolicy replaces, RequiredReplaces(predicate));
    return ApprovalRequest{volume_id, PolicySubject{statement.subject_sha256, replaces}};
  }
  LOTMARK_RETURN_IF_ERROR(RefuseUnknownKeys(
      predicate, {"name", "time", "meaning", "volume_id", "model", "version", "evidence"}, kWhyStrict));
  LOTMARK_ASSIGN_OR_RETURN(const ModelName model, RequiredModel(predicate));
  LOTMARK_ASSIGN_OR_RETURN(const Version version, RequiredVersion(predicate));
  LOTMARK_ASSIGN_OR_RETURN(EvidenceSet evidence, RequiredEvidence(predicate));
  return ApprovalRequest{volume_id, VersionSubject{model, version, statement.subject_sha256, std::move(evidence)}};
}

Result<ApprovalContent> ContentOf(const Statement& statement) {
  if (statement.predicate_type != kApprovalType) {
    return Refused(
        fmt::format("predicateType: '{}' is not {}", Printable(statement.predicate_type, 80), kApprovalType));
  }
  LOTMARK_ASSIGN_OR_RETURN(const JsonObject predicate, JsonObject::Of(statement.predicate, "predicate"));
  LOTMARK_ASSIGN_OR_RETURN(std::string name, RequiredLabel(predicate, "name", kMaxNameBytes));
  LOTMARK_ASSIGN_OR_RETURN(const std::string time_text, predicate.RequiredString("time"));
  const Result<UtcTime> time = ParseUtc(time_text);
  if (!time) return Prefixed("predicate.time", time.error());
  LOTMARK_ASSIGN_OR_RETURN(std::string meaning, RequiredLabel(predicate, "meaning", kMaxMeaningBytes));
  LOTMARK_ASSIGN_OR_RETURN(ApprovalRequest request, RequestOf(statement, predicate));
  if (statement.subject_name != request.subject_name()) {
    return Refused(fmt::format("subject: '{}' is not what the predicate says: {}",
                               Printable(statement.subject_name, 160), request.subject_name()));
  }
  return ApprovalContent{std::move(name), *time, std::move(meaning), std::move(request)};
}

}  // namespace

Approval::Approval(std::string bytes, Envelope envelope, ApprovalContent content)
    : bytes_(std::move(bytes)),
      digest_(Sha256Of(bytes_)),
      envelope_(std::move(envelope)),
      statement_sha256_(Sha256Of(envelope_.payload)),
      content_(std::move(content)) {}

Result<Approval> Approval::Sign(ApprovalContent content, const PrivateKey& key) {
  LOTMARK_RETURN_IF_ERROR(CheckLabel(content.name, kMaxNameBytes, "name"));
  LOTMARK_RETURN_IF_ERROR(CheckLabel(content.meaning, kMaxMeaningBytes, "meaning"));
  Envelope envelope{std::string(kStatementMediaType), FormatStatement(StatementOf(content)), key.public_key().id(), {}};
  envelope.signature = key.Sign(AsBytes(PreAuthEncoding(envelope.payload_type, envelope.payload)));
  // What is handed out has passed the same door as what comes in.
  return Parse(FormatEnvelope(envelope));
}

Result<Approval> Approval::Parse(std::string bytes) {
  LOTMARK_ASSIGN_OR_RETURN(Envelope envelope, ParseEnvelope(bytes));
  if (envelope.payload_type != kStatementMediaType) {
    return Refused(
        fmt::format("payloadType: '{}' is not {}", Printable(envelope.payload_type, 80), kStatementMediaType));
  }
  const auto content = [&]() -> Result<ApprovalContent> {
    LOTMARK_ASSIGN_OR_RETURN(const Statement statement, ParseStatement(envelope.payload));
    return ContentOf(statement);
  }();
  if (!content) return Prefixed("payload", content.error());
  return Approval(std::move(bytes), std::move(envelope), *content);
}

Status Approval::Verify(const PublicKey& key) const {
  if (key.id() != envelope_.key_id) {
    return Refused(fmt::format("keyid: signed with the key {}…, not with {}…", envelope_.key_id.short_hex(),
                               key.id().short_hex()));
  }
  return key.Verify(AsBytes(PreAuthEncoding(envelope_.payload_type, envelope_.payload)), envelope_.signature);
}

}  // namespace lotmark::approval
