#include "policy/policy.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "base/ids.h"
#include "base/json_field.h"

namespace lotmark::policy {
namespace {

using approval::PublicKey;
using manifest::Format;
using manifest::GoldenOrigin;

constexpr int64_t kFormat = 1;
constexpr size_t kMaxNameBytes = 128;
constexpr size_t kMaxApprovers = 200;
constexpr size_t kMaxKeys = 10;  // of one person
constexpr double kMaxTimesArtifact = 1000;
constexpr std::string_view kWhyStrict = "a condition that is not checked would be none";

Result<std::set<Format>> ParseFormats(const Json& array, const std::string& path) {
  if (array.empty()) return Refused(path + " is empty: leave it out when no format is required");
  std::set<Format> formats;
  for (size_t i = 0; i < array.size(); ++i) {
    const std::string at = ElementPath(path, i);
    if (!array[i].is_string()) return Refused(at + " must be a string, not " + JsonTypeName(array[i]));
    LOTMARK_ASSIGN_OR_RETURN(
        const Format format,
        Choose<Format>(array[i].get<std::string>(), at,
                       {{"onnx", Format::kOnnx}, {"tensorrt", Format::kTensorRt}, {"tflite", Format::kTflite}}));
    if (!formats.insert(format).second) return Refused(at + " stands there twice");
  }
  return formats;
}

Result<std::optional<double>> ParseFreeMemory(const JsonObject& activation) {
  LOTMARK_ASSIGN_OR_RETURN(const auto object, activation.OptionalObject("free_memory"));
  if (!object) return std::optional<double>();
  LOTMARK_RETURN_IF_ERROR(RefuseUnknownKeys(*object, {"times_artifact"}, kWhyStrict));
  LOTMARK_ASSIGN_OR_RETURN(const double times, object->RequiredNumber("times_artifact"));
  if (!(times > 0 && times <= kMaxTimesArtifact)) {
    return Refused(fmt::format("{}: {} must be greater than 0 and at most {}", object->PathOf("times_artifact"), times,
                               kMaxTimesArtifact));
  }
  return std::optional(times);
}

Result<ActivationConditions> ParseActivation(const JsonObject& object) {
  LOTMARK_RETURN_IF_ERROR(
      RefuseUnknownKeys(object, {"approvals", "formats", "golden_origin", "free_memory"}, kWhyStrict));
  ActivationConditions conditions;
  if (object.Has("approvals")) {
    LOTMARK_ASSIGN_OR_RETURN(const int64_t approvals, IntegerBetween(object, "approvals", 0, kMaxApprovers));
    conditions.approvals = static_cast<size_t>(approvals);
  }
  LOTMARK_ASSIGN_OR_RETURN(const Json* formats, object.OptionalArray("formats"));
  if (formats != nullptr) {
    LOTMARK_ASSIGN_OR_RETURN(conditions.formats, ParseFormats(*formats, object.PathOf("formats")));
  }
  LOTMARK_ASSIGN_OR_RETURN(const auto origin, object.OptionalString("golden_origin"));
  if (origin) {
    LOTMARK_ASSIGN_OR_RETURN(conditions.golden_origin, Choose<GoldenOrigin>(*origin, object.PathOf("golden_origin"),
                                                                            {{"training", GoldenOrigin::kTraining},
                                                                             {"recorded", GoldenOrigin::kRecorded}}));
  }
  LOTMARK_ASSIGN_OR_RETURN(conditions.free_memory_times_artifact, ParseFreeMemory(object));
  return conditions;
}

Result<Approver> ParseApprover(const JsonObject& object) {
  LOTMARK_RETURN_IF_ERROR(RefuseUnknownKeys(object, {"name", "keys"}, kWhyStrict));
  Approver approver;
  LOTMARK_ASSIGN_OR_RETURN(approver.name, RequiredLabel(object, "name", kMaxNameBytes));
  LOTMARK_ASSIGN_OR_RETURN(const Json* keys, object.RequiredArray("keys"));
  const std::string path = object.PathOf("keys");
  if (keys->empty() || keys->size() > kMaxKeys) {
    return Refused(fmt::format("{}: {} keys: there must be 1 to {}", path, keys->size(), kMaxKeys));
  }
  for (size_t i = 0; i < keys->size(); ++i) {
    const Json& pem = (*keys)[i];
    if (!pem.is_string()) return Refused(ElementPath(path, i) + " must be a string, not " + JsonTypeName(pem));
    auto key = PublicKey::FromPem(pem.get_ref<const std::string&>());
    if (!key) return Prefixed(ElementPath(path, i), std::move(key).error());
    approver.keys.push_back(*key);
  }
  return approver;
}

// One person under two names that look alike, or one key under two people, would count twice.
Status CheckDifferent(const std::vector<Approver>& approvers) {
  std::map<Digest, std::string> owners;
  for (size_t i = 0; i < approvers.size(); ++i) {
    const Approver& one = approvers[i];
    for (size_t j = 0; j < i; ++j) {
      if (!internal::EqualIgnoringCase(approvers[j].name, one.name)) continue;
      return Refused(fmt::format("{}.name: '{}' stands at {} already", ElementPath("approvers", i), Printable(one.name),
                                 ElementPath("approvers", j)));
    }
    for (const PublicKey& key : one.keys) {
      const auto [owner, fresh] = owners.emplace(key.id(), one.name);
      if (fresh) continue;
      return Refused(fmt::format("{}.keys: the key {}… is {}'s already", ElementPath("approvers", i),
                                 key.id().short_hex(), Printable(owner->second)));
    }
  }
  return Ok();
}

Result<std::vector<Approver>> ParseApprovers(const JsonObject& document) {
  LOTMARK_ASSIGN_OR_RETURN(const Json* array, document.RequiredArray("approvers"));
  if (array->size() > kMaxApprovers) {
    return Refused(fmt::format("approvers: {} people: there may be at most {}", array->size(), kMaxApprovers));
  }
  LOTMARK_ASSIGN_OR_RETURN(const auto objects, Objects(*array, "approvers"));
  std::vector<Approver> approvers;
  for (const JsonObject& each : objects) {
    LOTMARK_ASSIGN_OR_RETURN(Approver approver, ParseApprover(each));
    approvers.push_back(std::move(approver));
  }
  LOTMARK_RETURN_IF_ERROR(CheckDifferent(approvers));
  return approvers;
}

}  // namespace

Result<Policy> Policy::Parse(std::string bytes) {
  LOTMARK_ASSIGN_OR_RETURN(const Json json, ParseJson(bytes, {.max_bytes = kMaxBytes, .max_depth = 6}));
  LOTMARK_ASSIGN_OR_RETURN(const JsonObject document, JsonObject::Of(json, ""));
  // First of all: another format may have other fields.
  LOTMARK_ASSIGN_OR_RETURN(const int64_t format, document.RequiredInteger("format"));
  if (format != kFormat) {
    return Refused(fmt::format("format: {} is not known: this program reads format {}", format, kFormat));
  }
  LOTMARK_RETURN_IF_ERROR(RefuseUnknownKeys(document, {"format", "activation", "approvers"}, kWhyStrict));
  LOTMARK_ASSIGN_OR_RETURN(const JsonObject object, document.RequiredObject("activation"));
  LOTMARK_ASSIGN_OR_RETURN(ActivationConditions activation, ParseActivation(object));
  LOTMARK_ASSIGN_OR_RETURN(std::vector<Approver> approvers, ParseApprovers(document));
  if (activation.approvals > approvers.size()) {
    return Refused(fmt::format("activation.approvals: {} can never be reached: approvers lists {} {}",
                               activation.approvals, approvers.size(), approvers.size() == 1 ? "person" : "people"));
  }
  return Policy(std::move(bytes), std::move(activation), std::move(approvers));
}

Policy::Policy(std::string bytes, ActivationConditions activation, std::vector<Approver> approvers)
    : bytes_(std::move(bytes)),
      digest_(Sha256Of(bytes_)),
      activation_(std::move(activation)),
      approvers_(std::move(approvers)) {}

Policy::Signer Policy::FindSigner(const Digest& key_id) const {
  for (const Approver& person : approvers_) {
    for (const PublicKey& key : person.keys) {
      if (key.id() == key_id) return {&person, &key};
    }
  }
  return {};
}

std::string DefaultPolicyBytes() {
  return R"({
  "format": 1,
  "activation": {
    "approvals": 0,
    "formats": ["onnx"],
    "golden_origin": "recorded",
    "free_memory": {"times_artifact": 3}
  },
  "approvers": []
}
)";
}

std::vector<std::string> Relaxations(const Policy& policy) {
  const ActivationConditions& asked = policy.activation();
  std::vector<std::string> lines;
  if (asked.approvals == 0) {
    lines.emplace_back("activation needs no approval");
    lines.emplace_back("a change of the policy needs no approval");
  } else if (asked.approvals == 1) {
    lines.emplace_back("one person alone can approve an activation and a change of the policy");
  }
  if (asked.formats.empty()) lines.emplace_back("no format is required");
  if (!asked.golden_origin) {
    lines.emplace_back("golden cases are not required");
  } else if (*asked.golden_origin == GoldenOrigin::kRecorded) {
    lines.emplace_back("golden cases may be recorded from the model itself");
  }
  if (!asked.free_memory_times_artifact) lines.emplace_back("free memory is not checked");
  return lines;
}

}  // namespace lotmark::policy
