#include <fmt/format.h>

#include <algorithm>

#include "manifest/check.h"
#include "manifest/field.h"
#include "manifest/parse.h"

namespace lotmark::manifest {
namespace {

constexpr int64_t kMaxFileBytes = int64_t{16} << 30;
constexpr size_t kMaxTensorNameBytes = 512;

Result<std::vector<int64_t>> ParseShape(const Json& array, const std::string& path) {
  LOTMARK_ASSIGN_OR_RETURN(auto shape, Integers(array, path));
  if (shape.empty() || shape.size() > 8) {
    return Refused(fmt::format("{}: {} dimensions: there must be 1 to 8", path, shape.size()));
  }
  for (size_t i = 0; i < shape.size(); ++i) {
    if (shape[i] != -1 && (shape[i] < 1 || shape[i] > INT32_MAX)) {
      return Refused(
          fmt::format("{}: {} is no dimension: a count from 1, or -1 for any", ElementPath(path, i), shape[i]));
    }
  }
  return shape;
}

Result<TensorSpec> ParseTensor(const JsonObject& object) {
  TensorSpec tensor;
  LOTMARK_ASSIGN_OR_RETURN(tensor.name, RequiredLabel(object, "name", kMaxTensorNameBytes));
  LOTMARK_ASSIGN_OR_RETURN(const Json* shape, object.RequiredArray("shape"));
  LOTMARK_ASSIGN_OR_RETURN(tensor.shape, ParseShape(*shape, object.PathOf("shape")));
  LOTMARK_ASSIGN_OR_RETURN(const std::string type, object.RequiredString("type"));
  using enum ElementType;
  LOTMARK_ASSIGN_OR_RETURN(tensor.type, Choose<ElementType>(type, object.PathOf("type"),
                                                            {{ElementTypeName(kFloat32), kFloat32},
                                                             {ElementTypeName(kUint8), kUint8},
                                                             {ElementTypeName(kInt8), kInt8}}));
  return tensor;
}

// Empty when absent; a present list holds 1 to `max_tensors` tensors of different names.
Result<std::vector<TensorSpec>> ParseTensors(const JsonObject& object, std::string_view key, size_t max_tensors) {
  std::vector<TensorSpec> tensors;
  LOTMARK_ASSIGN_OR_RETURN(const Json* array, object.OptionalArray(key));
  if (array == nullptr) return tensors;
  const std::string path = object.PathOf(key);
  if (array->empty() || array->size() > max_tensors) {
    return Refused(fmt::format("{}: {} tensors: there must be {}", path, array->size(),
                               max_tensors == 1 ? "exactly 1, the image" : fmt::format("1 to {}", max_tensors)));
  }
  LOTMARK_ASSIGN_OR_RETURN(const auto objects, Objects(*array, path));
  for (const JsonObject& each : objects) {
    LOTMARK_ASSIGN_OR_RETURN(TensorSpec tensor, ParseTensor(each));
    const auto same_name = [&](const TensorSpec& other) { return other.name == tensor.name; };
    if (std::any_of(tensors.begin(), tensors.end(), same_name)) {
      return Refused(each.PathOf("name") + ": '" + tensor.name + "' stands twice");
    }
    tensors.push_back(std::move(tensor));
  }
  return tensors;
}

// What may stand at the top of the manifest or inside a format.
struct Shareable {
  std::vector<TensorSpec> inputs, outputs;
  std::optional<Preprocessing> preprocessing;
};

Result<Shareable> ParseShareable(const JsonObject& object) {
  Shareable found;
  LOTMARK_ASSIGN_OR_RETURN(found.inputs, ParseTensors(object, "inputs", 1));
  LOTMARK_ASSIGN_OR_RETURN(found.outputs, ParseTensors(object, "outputs", 64));
  LOTMARK_ASSIGN_OR_RETURN(const auto preprocessing, object.OptionalObject("preprocessing"));
  if (preprocessing) {
    LOTMARK_ASSIGN_OR_RETURN(found.preprocessing, ParsePreprocessing(*preprocessing));
  }
  return found;
}

Status ParseFiles(const JsonObject& object, Artifact& artifact) {
  LOTMARK_ASSIGN_OR_RETURN(const auto built, object.OptionalBool("built_on_device"));
  artifact.built_on_device = built.value_or(false);
  if (artifact.built_on_device) {
    for (const char* key : {"path", "sha256", "size"}) {
      if (object.Has(key))
        return Refused(object.PathOf(key) + " cannot stand beside built_on_device: no file exists yet");
    }
  } else {
    LOTMARK_ASSIGN_OR_RETURN(artifact.file, ParseFileRef(object, "path"));
  }
  LOTMARK_ASSIGN_OR_RETURN(const Json* external_data, object.OptionalArray("external_data"));
  if (external_data == nullptr) return Ok();
  const std::string path = object.PathOf("external_data");
  if (artifact.format != Format::kOnnx) return Refused(path + ": only an ONNX file has external data");
  LOTMARK_ASSIGN_OR_RETURN(const auto objects, Objects(*external_data, path));
  for (const JsonObject& each : objects) {
    LOTMARK_ASSIGN_OR_RETURN(FileRef file, ParseFileRef(each, "path"));
    artifact.external_data.push_back(std::move(file));
  }
  return Ok();
}

Status ParseStatedShapes(const JsonObject& object, Artifact& artifact) {
  LOTMARK_ASSIGN_OR_RETURN(const Json* input_shape, object.OptionalArray("input_shape"));
  if (input_shape != nullptr) {
    LOTMARK_ASSIGN_OR_RETURN(artifact.input_shape, ParseShape(*input_shape, object.PathOf("input_shape")));
  }
  if (object.Has("output_classes")) {
    LOTMARK_ASSIGN_OR_RETURN(artifact.output_classes, IntegerBetween(object, "output_classes", 2, 10000));
  }
  return Ok();
}

Result<Artifact> ParseArtifact(const JsonObject& object, Format format, const Shareable& top) {
  Artifact artifact;
  artifact.format = format;
  LOTMARK_RETURN_IF_ERROR(ParseFiles(object, artifact));
  LOTMARK_RETURN_IF_ERROR(ParseStatedShapes(object, artifact));
  LOTMARK_ASSIGN_OR_RETURN(const Shareable own, ParseShareable(object));
  artifact.inputs = own.inputs.empty() ? top.inputs : own.inputs;
  artifact.outputs = own.outputs.empty() ? top.outputs : own.outputs;
  artifact.preprocessing = own.preprocessing ? own.preprocessing : top.preprocessing;
  LOTMARK_ASSIGN_OR_RETURN(artifact.precision, object.OptionalString("precision"));
  LOTMARK_ASSIGN_OR_RETURN(artifact.target_device, object.OptionalString("target_device"));
  LOTMARK_ASSIGN_OR_RETURN(artifact.quantization, object.OptionalString("quantization"));
  return artifact;
}

}  // namespace

Result<FileRef> ParseFileRef(const JsonObject& object, std::string_view path_key) {
  FileRef file;
  file.field = object.path();
  LOTMARK_ASSIGN_OR_RETURN(file.path, object.RequiredString(path_key));
  if (auto allowed = CheckPath(file.path); !allowed)
    return Prefixed(object.PathOf(path_key), std::move(allowed).error());
  auto sha256 = OptionalDigest(object, "sha256");
  if (!sha256) {
    Error error = std::move(sha256).error();
    error.hint = "Remove the field; 'lotmark manifest complete FILE' then fills in the digest of the file.";
    return error;
  }
  file.sha256 = *sha256;
  if (object.Has("size")) {
    LOTMARK_ASSIGN_OR_RETURN(const int64_t size, IntegerBetween(object, "size", 1, kMaxFileBytes));
    file.size = static_cast<uint64_t>(size);
  }
  return file;
}

Result<std::map<Format, Artifact>> ParseFormats(const JsonObject& root) {
  LOTMARK_ASSIGN_OR_RETURN(const JsonObject formats, root.RequiredObject("formats"));
  LOTMARK_ASSIGN_OR_RETURN(const Shareable top, ParseShareable(root));
  std::map<Format, Artifact> artifacts;
  for (const auto& [key, value] : formats.json().items()) {
    const auto format = ParseFormat(key);
    if (!format) {
      return Refused("formats: '" + Printable(key, 80) + "' is not a known format: onnx, tensorrt and tflite are");
    }
    LOTMARK_ASSIGN_OR_RETURN(const JsonObject object, JsonObject::Of(value, formats.PathOf(key)));
    LOTMARK_ASSIGN_OR_RETURN(Artifact artifact, ParseArtifact(object, *format, top));
    artifacts.emplace(*format, std::move(artifact));
  }
  const auto has_file = [](const auto& entry) { return entry.second.file.has_value(); };
  if (std::none_of(artifacts.begin(), artifacts.end(), has_file)) {
    return Refused("formats: at least one format must have a file");
  }
  return artifacts;
}

}  // namespace lotmark::manifest
