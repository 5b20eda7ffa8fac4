#include "manifest/manifest.h"

#include "base/json.h"
#include "manifest/check.h"
#include "manifest/parse.h"

namespace lotmark::manifest {
namespace {

void AddMissing(const FileRef& file, std::vector<std::string>& missing) {
  if (!file.sha256) missing.push_back(file.field + ".sha256");
  if (!file.size) missing.push_back(file.field + ".size");
}

}  // namespace

Manifest::Manifest(std::string bytes, ManifestFields fields)
    : bytes_(std::move(bytes)), digest_(Sha256Of(bytes_)), fields_(std::move(fields)) {}

Result<Manifest> Manifest::Parse(std::string bytes) {
  LOTMARK_ASSIGN_OR_RETURN(const Json json, ParseJson(bytes, {.max_bytes = kMaxBytes}));
  LOTMARK_ASSIGN_OR_RETURN(const JsonObject root, JsonObject::Of(json, ""));
  LOTMARK_ASSIGN_OR_RETURN(ManifestFields fields, ParseFields(root));
  LOTMARK_RETURN_IF_ERROR(CheckAgreement(fields));
  Manifest manifest(std::move(bytes), std::move(fields));
  LOTMARK_RETURN_IF_ERROR(CheckPathsDiffer(manifest.Files()));
  return manifest;
}

const Artifact* Manifest::artifact(Format format) const {
  const auto found = artifacts().find(format);
  return found == artifacts().end() ? nullptr : &found->second;
}

std::vector<FileRef> Manifest::Files() const {
  std::vector<FileRef> files;
  for (const auto& [format, artifact] : artifacts()) {
    if (artifact.file) files.push_back(*artifact.file);
  }
  for (const auto& [format, artifact] : artifacts()) {
    files.insert(files.end(), artifact.external_data.begin(), artifact.external_data.end());
  }
  if (golden()) {
    for (const GoldenCase& golden_case : golden()->cases) files.push_back(golden_case.image);
  }
  return files;
}

std::vector<std::string> Manifest::MissingForAdd() const {
  std::vector<std::string> missing;
  for (const auto& [format, artifact] : artifacts()) {
    if (artifact.file) AddMissing(*artifact.file, missing);
    for (const FileRef& data : artifact.external_data) AddMissing(data, missing);
  }
  if (golden()) {
    for (const GoldenCase& golden_case : golden()->cases) {
      if (!golden_case.image.sha256) missing.push_back(golden_case.image.field + ".sha256");
    }
  }
  return missing;
}

std::vector<std::string> Manifest::MissingForServing(Format format) const {
  const Artifact* served = artifact(format);
  if (served == nullptr) return {"formats." + std::string(FormatName(format)) + " (not listed)"};
  std::vector<std::string> missing;
  if (served->file) AddMissing(*served->file, missing);
  for (const FileRef& data : served->external_data) AddMissing(data, missing);
  if (classes().empty()) missing.push_back("classes");
  if (!served->preprocessing) missing.push_back("preprocessing");
  // An embedding makes two outputs, and unnamed tensors are only unmistakable when there is one.
  if (embedding() && served->outputs.empty()) missing.push_back("outputs");
  return missing;
}

}  // namespace lotmark::manifest
