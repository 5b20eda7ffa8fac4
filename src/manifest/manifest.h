// A parsed model-manifest.json: the typed form of doc/manifest.md.
//
// Invariant: a Manifest exists only if its bytes obey every rule that holds for all manifests; what is merely absent
// is asked for by MissingForAdd() and MissingForServing().
// Thread safety: a value that never changes.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/digest.h"
#include "base/ids.h"
#include "base/result.h"
#include "manifest/artifact.h"
#include "manifest/golden.h"
#include "manifest/preprocessing.h"

namespace lotmark::manifest {

// The name of the file, in every version folder.
inline constexpr std::string_view kManifestFile = "model-manifest.json";

// What the fields of a manifest say.
struct ManifestFields {
  ModelName model_name;
  Version version;
  std::string training_dataset = {};
  std::string export_date = {};  // YYYY-MM-DD
  std::string source_framework = {};
  std::optional<Version> previous_version = {};
  std::map<std::string, double> accuracy = {};
  std::vector<std::string> classes = {};  // empty = not stated
  std::optional<EmbeddingSpec> embedding = {};
  std::optional<Golden> golden = {};
  std::map<Format, Artifact> artifacts = {};
};

class Manifest {
 public:
  static constexpr size_t kMaxBytes = 1 << 20;

  // kRefused names the field and says why; kTooLarge: over kMaxBytes. `bytes` are kept exactly.
  static Result<Manifest> Parse(std::string bytes);

  const std::string& bytes() const { return bytes_; }
  const Digest& digest() const { return digest_; }  // SHA-256 of bytes(): the version's identity

  const ModelName& model_name() const { return fields_.model_name; }
  const Version& version() const { return fields_.version; }
  const std::string& training_dataset() const { return fields_.training_dataset; }
  const std::string& export_date() const { return fields_.export_date; }
  const std::string& source_framework() const { return fields_.source_framework; }
  const std::optional<Version>& previous_version() const { return fields_.previous_version; }
  const std::map<std::string, double>& accuracy() const { return fields_.accuracy; }
  const std::vector<std::string>& classes() const { return fields_.classes; }
  const std::optional<EmbeddingSpec>& embedding() const { return fields_.embedding; }
  const std::optional<Golden>& golden() const { return fields_.golden; }
  const std::map<Format, Artifact>& artifacts() const { return fields_.artifacts; }
  // nullptr when the manifest does not list the format.
  const Artifact* artifact(Format format) const;

  // Every file of the version in a fixed order: artifacts, external data, golden images. Paths are unique.
  std::vector<FileRef> Files() const;

  // The fields that `add` (digests and sizes) or serving `format` (digests, classes, preprocessing, outputs) needs and
  // that are absent, by path: "formats.onnx.sha256". Empty = nothing missing. The size of a golden image is not needed:
  // its digest says enough.
  std::vector<std::string> MissingForAdd() const;
  std::vector<std::string> MissingForServing(Format format) const;

 private:
  Manifest(std::string bytes, ManifestFields fields);

  std::string bytes_;
  Digest digest_;
  ManifestFields fields_;
};

}  // namespace lotmark::manifest
