#include "classify/golden_evidence.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/encoding.h"
#include "base/json.h"

namespace lotmark::classify {
namespace {

constexpr int64_t kFormat = 1;
constexpr std::string_view kKind = "golden_result";

Json OptionalHex(const std::optional<Digest>& digest) { return digest ? Json(digest->hex()) : Json(nullptr); }

Json CaseJson(const GoldenEvidenceCase& one) {
  return {{"image_sha256", one.image_sha256.hex()},
          {"pixels_sha256", OptionalHex(one.pixels_sha256)},
          {"output_sha256", OptionalHex(one.output_sha256)},
          {"worst_difference", one.worst_difference ? Json(*one.worst_difference) : Json(nullptr)},
          {"passed", one.passed}};
}

Json RuntimeJson(const runtime::RuntimeFacts& runtime) {
  Json options = Json::object();
  for (const auto& [key, value] : runtime.options) options[key] = value;
  return {{"name", runtime.name},
          {"version", runtime.version},
          {"provider", runtime.provider},
          {"options", std::move(options)}};
}

template <typename T>
Result<T> Required(const JsonObject& object, std::string_view key) {
  LOTMARK_ASSIGN_OR_RETURN(const std::string text, object.RequiredString(key));
  auto value = T::Parse(text);
  if (!value) return Prefixed(object.PathOf(key), std::move(value).error());
  return value;
}

bool IsNull(const JsonObject& object, std::string_view key) {
  const auto found = object.json().find(key);
  return found != object.json().end() && found->is_null();
}

Result<std::optional<Digest>> NullableDigest(const JsonObject& object, std::string_view key) {
  if (IsNull(object, key)) return std::optional<Digest>();
  LOTMARK_ASSIGN_OR_RETURN(const Digest digest, Required<Digest>(object, key));
  return std::optional(digest);
}

Result<bool> RequiredBool(const JsonObject& object, std::string_view key) {
  LOTMARK_ASSIGN_OR_RETURN(const auto value, object.OptionalBool(key));
  if (!value) return Refused(object.PathOf(key) + " is missing");
  return *value;
}

Status RequireWord(const JsonObject& object, std::string_view key, std::string_view word) {
  LOTMARK_ASSIGN_OR_RETURN(const std::string text, object.RequiredString(key));
  if (text == word) return Ok();
  return Refused(fmt::format("{}: '{}' is not '{}'", object.PathOf(key), Printable(text, 60), word));
}

Result<GoldenEvidenceCase> ParseCase(const JsonObject& object) {
  GoldenEvidenceCase one;
  LOTMARK_ASSIGN_OR_RETURN(one.image_sha256, Required<Digest>(object, "image_sha256"));
  LOTMARK_ASSIGN_OR_RETURN(one.pixels_sha256, NullableDigest(object, "pixels_sha256"));
  LOTMARK_ASSIGN_OR_RETURN(one.output_sha256, NullableDigest(object, "output_sha256"));
  if (!IsNull(object, "worst_difference")) {
    LOTMARK_ASSIGN_OR_RETURN(one.worst_difference, object.RequiredNumber("worst_difference"));
  }
  LOTMARK_ASSIGN_OR_RETURN(one.passed, RequiredBool(object, "passed"));
  return one;
}

Status ParseIdentity(const JsonObject& root, GoldenEvidence& evidence) {
  LOTMARK_ASSIGN_OR_RETURN(evidence.manifest_sha256, Required<Digest>(root, "manifest_sha256"));
  LOTMARK_ASSIGN_OR_RETURN(evidence.artifact_sha256, Required<Digest>(root, "artifact_sha256"));
  LOTMARK_ASSIGN_OR_RETURN(const std::string format_name, root.RequiredString("model_format"));
  const auto format = manifest::ParseFormat(format_name);
  if (!format) return Refused("model_format: '" + Printable(format_name, 60) + "' is not a format");
  evidence.model_format = *format;
  LOTMARK_ASSIGN_OR_RETURN(const std::string origin, root.RequiredString("origin"));
  // Another word would come out as "recorded", which the comparison of spellings refuses.
  evidence.origin = origin == GoldenOriginName(manifest::GoldenOrigin::kTraining) ? manifest::GoldenOrigin::kTraining
                                                                                  : manifest::GoldenOrigin::kRecorded;
  LOTMARK_ASSIGN_OR_RETURN(evidence.tolerance, root.RequiredNumber("tolerance"));
  LOTMARK_ASSIGN_OR_RETURN(evidence.passed, RequiredBool(root, "passed"));
  return Ok();
}

Result<runtime::RuntimeFacts> ParseRuntime(const JsonObject& object) {
  runtime::RuntimeFacts facts;
  LOTMARK_ASSIGN_OR_RETURN(facts.name, object.RequiredString("name"));
  LOTMARK_ASSIGN_OR_RETURN(facts.version, object.RequiredString("version"));
  LOTMARK_ASSIGN_OR_RETURN(facts.provider, object.RequiredString("provider"));
  LOTMARK_ASSIGN_OR_RETURN(const JsonObject options, object.RequiredObject("options"));
  for (const auto& [key, value] : options.json().items()) {
    LOTMARK_ASSIGN_OR_RETURN(facts.options[key], options.RequiredString(key));
  }
  return facts;
}

// Whether a case can have ended so.
bool Consistent(const GoldenEvidenceCase& one, double tolerance) {
  const bool compared = one.output_sha256.has_value();
  if (one.pixels_sha256.has_value() != compared || one.worst_difference.has_value() != compared) return false;
  if (compared && !(*one.worst_difference >= 0)) return false;
  return !one.passed || (compared && *one.worst_difference <= tolerance);
}

Status CheckConsistent(const GoldenEvidence& evidence) {
  if (evidence.cases.empty()) return Refused("cases: there is none");
  bool all_passed = true;
  for (size_t i = 0; i < evidence.cases.size(); ++i) {
    if (!Consistent(evidence.cases[i], evidence.tolerance)) {
      return Refused(fmt::format("cases[{}]: contradicts itself or the tolerance", i));
    }
    all_passed = all_passed && evidence.cases[i].passed;
  }
  if (evidence.passed != all_passed) return Refused("passed: contradicts the cases");
  return Ok();
}

}  // namespace

Result<GoldenEvidence> MakeGoldenEvidence(const manifest::Manifest& manifest, manifest::Format format,
                                          const GoldenRun& run) {
  if (!run.report.origin) {
    return Refused(fmt::format("{} {}: the manifest has no golden cases for {}", manifest.model_name().text(),
                               manifest.version().text(), manifest::FormatName(format)),
                   "doc/golden.md says how a version gets them; they must be there before `lotmark add`.");
  }
  GoldenEvidence evidence{.model = manifest.model_name(),
                          .version = manifest.version(),
                          .manifest_sha256 = manifest.digest(),
                          .artifact_sha256 = run.artifact_sha256,
                          .model_format = format,
                          .runtime = run.runtime,
                          .origin = *run.report.origin,
                          .tolerance = run.report.tolerance,
                          .passed = run.report.passed()};
  for (const GoldenCaseResult& result : run.report.cases) {
    if (!result.image_sha256) return Refused(Printable(result.image) + ": the manifest states no sha256");
    GoldenEvidenceCase one{.image_sha256 = *result.image_sha256,
                           .pixels_sha256 = result.pixels_sha256,
                           .output_sha256 = result.output_sha256,
                           .passed = result.failure.empty()};
    if (result.output_sha256) one.worst_difference = result.worst_difference;
    evidence.cases.push_back(one);
  }
  return evidence;
}

std::string FormatGoldenEvidence(const GoldenEvidence& evidence) {
  Json cases = Json::array();
  for (const GoldenEvidenceCase& one : evidence.cases) cases.push_back(CaseJson(one));
  const Json json{{"format", kFormat},
                  {"kind", kKind},
                  {"model", evidence.model.text()},
                  {"version", evidence.version.text()},
                  {"manifest_sha256", evidence.manifest_sha256.hex()},
                  {"artifact_sha256", evidence.artifact_sha256.hex()},
                  {"model_format", manifest::FormatName(evidence.model_format)},
                  {"runtime", RuntimeJson(evidence.runtime)},
                  {"origin", GoldenOriginName(evidence.origin)},
                  {"tolerance", evidence.tolerance},
                  {"cases", std::move(cases)},
                  {"passed", evidence.passed}};
  return DumpJson(json) + "\n";
}

Result<GoldenEvidence> ParseGoldenEvidence(std::string_view text) {
  LOTMARK_ASSIGN_OR_RETURN(const Json json, ParseJson(text));
  LOTMARK_ASSIGN_OR_RETURN(const JsonObject root, JsonObject::Of(json, ""));
  LOTMARK_ASSIGN_OR_RETURN(const int64_t format, root.RequiredInteger("format"));
  if (format != kFormat) return Refused(fmt::format("format: {} is not one that this program knows", format));
  LOTMARK_RETURN_IF_ERROR(RequireWord(root, "kind", kKind));
  LOTMARK_ASSIGN_OR_RETURN(const ModelName model, Required<ModelName>(root, "model"));
  LOTMARK_ASSIGN_OR_RETURN(const Version version, Required<Version>(root, "version"));
  GoldenEvidence evidence{.model = model, .version = version};
  LOTMARK_RETURN_IF_ERROR(ParseIdentity(root, evidence));
  LOTMARK_ASSIGN_OR_RETURN(const JsonObject runtime, root.RequiredObject("runtime"));
  LOTMARK_ASSIGN_OR_RETURN(evidence.runtime, ParseRuntime(runtime));
  LOTMARK_ASSIGN_OR_RETURN(const Json* cases, root.RequiredArray("cases"));
  for (size_t i = 0; i < cases->size(); ++i) {
    LOTMARK_ASSIGN_OR_RETURN(const JsonObject object, JsonObject::Of((*cases)[i], fmt::format("cases[{}]", i)));
    LOTMARK_ASSIGN_OR_RETURN(GoldenEvidenceCase one, ParseCase(object));
    evidence.cases.push_back(one);
  }
  LOTMARK_RETURN_IF_ERROR(CheckConsistent(evidence));
  if (FormatGoldenEvidence(evidence) != text) {
    return Refused("not in the one spelling that a golden result has: see doc/golden.md");
  }
  return evidence;
}

}  // namespace lotmark::classify
