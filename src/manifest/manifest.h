// A parsed model-manifest.json: the typed form of doc/manifest.md.
//
// Invariant: a Manifest exists only if its bytes obey every rule that holds for all manifests; what is merely absent
// is asked for by MissingForAdd() and MissingForServing().
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/digest.h"
#include "base/ids.h"
#include "base/result.h"
#include "manifest/preprocessing.h"

namespace lotmark::manifest {

// Which runtime a file is for. The text forms "onnx", "tensorrt", "tflite" are the manifest's keys.
enum class Format { kOnnx, kTensorRt, kTflite };
std::string_view FormatName(Format format);
std::optional<Format> ParseFormat(std::string_view name);

enum class ElementType { kFloat32, kUint8, kInt8 };
std::string_view ElementTypeName(ElementType type);

struct TensorSpec {
  std::string name;
  std::vector<int64_t> shape;  // -1 = any
  ElementType type = ElementType::kFloat32;
};

// A file that belongs to the version: its path beneath the manifest's folder and the digest of its bytes.
struct FileRef {
  std::string path;
  std::optional<Digest> sha256;
  std::optional<uint64_t> size;  // bytes
  std::string field;             // where the manifest names it ("formats.onnx"), for messages
};

struct Artifact {
  Format format = Format::kOnnx;
  bool built_on_device = false;  // then `file` is absent
  std::optional<FileRef> file;
  std::vector<FileRef> external_data;  // ONNX only
  // Effective values: the format's own, else the manifest's top-level ones.
  std::vector<TensorSpec> inputs;   // empty = not named
  std::vector<TensorSpec> outputs;  // empty = not named
  std::optional<Preprocessing> preprocessing;
  std::optional<std::string> precision, target_device, quantization;
};

struct EmbeddingSpec {
  std::string output;
  int64_t length = 0;
};

struct GoldenCase {
  FileRef image;
  std::optional<Digest> pixels_sha256;
  std::map<Format, std::vector<double>> probabilities;  // one per class, in order of `classes`
};

enum class GoldenOrigin { kTraining, kRecorded };

struct Golden {
  GoldenOrigin origin = GoldenOrigin::kRecorded;
  double tolerance = 0;  // largest allowed absolute difference of a probability
  std::vector<GoldenCase> cases;
};

class Manifest {
 public:
  static constexpr size_t kMaxBytes = 1 << 20;

  // kRefused names the field and says why. `bytes` are kept exactly.
  static Result<Manifest> Parse(std::string bytes);

  const std::string& bytes() const { return bytes_; }
  const Digest& digest() const { return digest_; }  // SHA-256 of bytes(): the version's identity

  ModelName model_name() const { return *model_name_; }
  Version version() const { return *version_; }
  const std::string& training_dataset() const { return training_dataset_; }
  const std::string& export_date() const { return export_date_; }
  const std::string& source_framework() const { return source_framework_; }
  const std::optional<Version>& previous_version() const { return previous_version_; }
  const std::map<std::string, double>& accuracy() const { return accuracy_; }
  const std::vector<std::string>& classes() const { return classes_; }
  const std::optional<EmbeddingSpec>& embedding() const { return embedding_; }
  const std::optional<Golden>& golden() const { return golden_; }
  const std::map<Format, Artifact>& artifacts() const { return artifacts_; }
  // nullptr when the manifest does not list the format.
  const Artifact* artifact(Format format) const;

  // Every file of the version in a fixed order: artifacts, external data, golden images. Paths are unique.
  std::vector<FileRef> Files() const;

  // The fields that `add` (digests and sizes) or serving `format` (classes, preprocessing, tensors) needs and that are
  // absent. Empty = nothing missing.
  std::vector<std::string> MissingForAdd() const;
  std::vector<std::string> MissingForServing(Format format) const;

 private:
  Manifest() = default;

  std::string bytes_;
  Digest digest_;
  std::optional<ModelName> model_name_;
  std::optional<Version> version_;
  std::string training_dataset_, export_date_, source_framework_;
  std::optional<Version> previous_version_;
  std::map<std::string, double> accuracy_;
  std::vector<std::string> classes_;
  std::optional<EmbeddingSpec> embedding_;
  std::optional<Golden> golden_;
  std::map<Format, Artifact> artifacts_;
};

}  // namespace lotmark::manifest
