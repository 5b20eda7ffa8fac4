#include "approval/request_fields.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/json_field.h"

namespace lotmark::approval {
namespace {

constexpr std::string_view kWhyStrict = "what is signed means one thing only";
constexpr size_t kMaxKindBytes = 64;

template <typename T>
Result<T> RequiredParsed(const JsonObject& object, std::string_view key) {
  LOTMARK_ASSIGN_OR_RETURN(const std::string text, object.RequiredString(key));
  Result<T> parsed = T::Parse(text);
  if (!parsed) return Prefixed(object.PathOf(key), std::move(parsed).error());
  return parsed;
}

bool IsKind(std::string_view text) {
  const auto is_letter = [](char c) { return c >= 'a' && c <= 'z'; };
  const auto fits = [&](char c) { return is_letter(c) || (c >= '0' && c <= '9') || c == '_'; };
  return !text.empty() && text.size() <= kMaxKindBytes && is_letter(text[0]) &&
         std::all_of(text.begin(), text.end(), fits);
}

Result<EvidenceRef> ParseEvidence(const JsonObject& object) {
  LOTMARK_RETURN_IF_ERROR(RefuseUnknownKeys(object, {"kind", "sha256"}, kWhyStrict));
  EvidenceRef evidence;
  LOTMARK_ASSIGN_OR_RETURN(evidence.kind, object.RequiredString("kind"));
  if (!IsKind(evidence.kind)) {
    return Refused(fmt::format("{}: '{}' is no kind of evidence: 1 to {} small letters, digits and '_'",
                               object.PathOf("kind"), Printable(evidence.kind, 80), kMaxKindBytes));
  }
  LOTMARK_ASSIGN_OR_RETURN(evidence.sha256, RequiredDigest(object, "sha256"));
  return evidence;
}

}  // namespace

Result<Uuid> RequiredVolumeId(const JsonObject& object) { return RequiredParsed<Uuid>(object, "volume_id"); }
Result<ModelName> RequiredModel(const JsonObject& object) { return RequiredParsed<ModelName>(object, "model"); }
Result<Version> RequiredVersion(const JsonObject& object) { return RequiredParsed<Version>(object, "version"); }

Result<EvidenceSet> RequiredEvidence(const JsonObject& object) {
  const std::string path = object.PathOf("evidence");
  LOTMARK_ASSIGN_OR_RETURN(const Json* array, object.RequiredArray("evidence"));
  if (array->size() > kMaxEvidence) {
    return Refused(fmt::format("{}: {} pieces: there may be at most {}", path, array->size(), kMaxEvidence));
  }
  LOTMARK_ASSIGN_OR_RETURN(const auto objects, Objects(*array, path));
  EvidenceSet set;
  for (const JsonObject& each : objects) {
    LOTMARK_ASSIGN_OR_RETURN(EvidenceRef evidence, ParseEvidence(each));
    if (!set.insert(std::move(evidence)).second) return Refused(each.path() + " stands there twice");
  }
  return set;
}

Json EvidenceJson(const EvidenceSet& evidence) {
  Json array = Json::array();
  for (const EvidenceRef& one : evidence) array.push_back(Json{{"kind", one.kind}, {"sha256", one.sha256.hex()}});
  return array;
}

Result<ReplacedPolicy> RequiredReplaces(const JsonObject& object) {
  LOTMARK_ASSIGN_OR_RETURN(const JsonObject replaces, object.RequiredObject("replaces"));
  LOTMARK_RETURN_IF_ERROR(RefuseUnknownKeys(replaces, {"policy_sha256", "event"}, kWhyStrict));
  LOTMARK_ASSIGN_OR_RETURN(const Digest sha256, RequiredDigest(replaces, "policy_sha256"));
  LOTMARK_ASSIGN_OR_RETURN(const int64_t event, IntegerBetween(replaces, "event", 0, INT64_MAX));
  return ReplacedPolicy{sha256, static_cast<uint64_t>(event)};
}

Json ReplacesJson(const ReplacedPolicy& replaces) {
  return Json{{"policy_sha256", replaces.policy_sha256.hex()}, {"event", replaces.event}};
}

}  // namespace lotmark::approval
