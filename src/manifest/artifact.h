// What a manifest says about its files: formats, tensors, paths and digests (doc/manifest.md).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/digest.h"
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
  // As the ADR's own fields state them; they agree with `inputs`, `preprocessing` and the classes.
  std::vector<int64_t> input_shape;  // empty = not stated
  std::optional<int64_t> output_classes;
  // Effective values: the format's own, else the manifest's top-level ones.
  std::vector<TensorSpec> inputs;   // empty = not named, else exactly one
  std::vector<TensorSpec> outputs;  // empty = not named
  std::optional<Preprocessing> preprocessing;
  std::optional<std::string> precision, target_device, quantization;
};

// Which output is the embedding; the probabilities are the first output that is not.
struct EmbeddingSpec {
  std::string output;
  int64_t length = 0;
};

}  // namespace lotmark::manifest
