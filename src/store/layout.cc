#include "store/layout.h"

#include "base/json.h"
#include "journal/journal.h"

namespace lotmark::store {
namespace {

constexpr std::string_view kPointerPrefix = "versions/";
constexpr std::string_view kFactSuffix = ".json";

Status CheckFormat(const JsonObject& object) {
  LOTMARK_ASSIGN_OR_RETURN(const int64_t format, object.RequiredInteger("format"));
  if (format == kVolumeFormat) return Ok();
  return Refused("format: this volume has format " + std::to_string(format) + ", this program knows only " +
                     std::to_string(kVolumeFormat),
                 "use the release of lotmark that made the volume, or a newer one");
}

Result<VolumeInfo> InfoOf(const Json& json) {
  LOTMARK_ASSIGN_OR_RETURN(const JsonObject object, JsonObject::Of(json, ""));
  LOTMARK_RETURN_IF_ERROR(CheckFormat(object));
  LOTMARK_ASSIGN_OR_RETURN(const std::string id_text, object.RequiredString("volume_id"));
  LOTMARK_ASSIGN_OR_RETURN(const std::string model_text, object.RequiredString("primary_model"));
  LOTMARK_ASSIGN_OR_RETURN(const Uuid volume_id, Uuid::Parse(id_text));
  LOTMARK_ASSIGN_OR_RETURN(ModelName model, ModelName::Parse(model_text));
  LOTMARK_ASSIGN_OR_RETURN(const std::string key_text, object.RequiredString("journal_key"));
  auto key = tlog::NoteVerifier::Parse(key_text);
  if (!key) return Prefixed("journal_key", std::move(key).error());
  if (key->name() != journal::OriginOf(volume_id)) return Refused("journal_key: is the key of another volume");
  return VolumeInfo{volume_id, std::move(model), *std::move(key)};
}

}  // namespace

std::string Join(std::string_view a, std::string_view b) {
  std::string path(a);
  path += '/';
  path += b;
  return path;
}

std::string ModelPath(const ModelName& model) { return Join(kModelsFolder, model.text()); }

std::string VersionsPath(const ModelName& model) { return Join(ModelPath(model), kVersionsFolder); }

std::string VersionPath(const ModelName& model, const Version& version) {
  return Join(VersionsPath(model), version.text());
}

std::string EvidencePath(const ModelName& model, const Version& version) {
  return Join(Join(ModelPath(model), kEvidenceFolder), version.text());
}

std::string FactFileName(const Digest& digest) { return digest.hex() + std::string(kFactSuffix); }

std::optional<Digest> ParseFactFileName(std::string_view name) {
  if (!name.ends_with(kFactSuffix)) return std::nullopt;
  const auto digest = Digest::Parse(name.substr(0, name.size() - kFactSuffix.size()));
  if (!digest) return std::nullopt;
  return *digest;
}

std::string PolicyLinkText(const Digest& policy_sha256) { return Join(kPoliciesFolder, FactFileName(policy_sha256)); }

std::string PointerText(const Version& version) { return Join(kVersionsFolder, version.text()); }

std::optional<Version> ParsePointerText(std::string_view text) {
  if (!text.starts_with(kPointerPrefix)) return std::nullopt;
  auto version = Version::Parse(text.substr(kPointerPrefix.size()));
  if (!version) return std::nullopt;
  return std::move(version).value();
}

std::string TopLinkText(const ModelName& primary_model) {
  return Join(Join(ModelPath(primary_model), kActiveLink), kManifestFile);
}

std::string FormatVolumeInfo(const VolumeInfo& info) {
  Json json;
  json["format"] = kVolumeFormat;
  json["volume_id"] = info.volume_id.text();
  json["primary_model"] = info.primary_model.text();
  json["journal_key"] = info.journal_key.Text();
  return DumpJson(json) + "\n";
}

Result<VolumeInfo> ParseVolumeInfo(std::string_view text) {
  LOTMARK_ASSIGN_OR_RETURN(const Json json, ParseJson(text));
  return InfoOf(json);
}

}  // namespace lotmark::store
