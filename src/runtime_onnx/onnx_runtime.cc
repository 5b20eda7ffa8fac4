#include "runtime_onnx/onnx_runtime.h"

#include <fmt/format.h>
#include <onnxruntime_cxx_api.h>
#include <onnxruntime_session_options_config_keys.h>
#include <stdlib.h>

#include "base/encoding.h"
#include "runtime/binding.h"
#include "runtime_onnx/library_call.h"
#include "runtime_onnx/onnx_external_data.h"
#include "runtime_onnx/onnx_session.h"

namespace lotmark::runtime_onnx {
namespace {

using runtime::Binding;
using runtime::ModelContract;
using runtime::ModelTensor;
using runtime::RuntimeFacts;
using runtime::SessionOptions;

constexpr char kProvider[] = "CPUExecutionProvider";

void ORT_API_CALL DropLog(void*, OrtLoggingLevel, const char*, const char*, const char*, const char*) {}

std::string TypeName(ONNXTensorElementDataType type) {
  switch (type) {
    case ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT:
      return "float32";
    case ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT8:
      return "uint8";
    case ONNX_TENSOR_ELEMENT_DATA_TYPE_INT8:
      return "int8";
    case ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT16:
      return "float16";
    case ONNX_TENSOR_ELEMENT_DATA_TYPE_DOUBLE:
      return "float64";
    case ONNX_TENSOR_ELEMENT_DATA_TYPE_INT32:
      return "int32";
    case ONNX_TENSOR_ELEMENT_DATA_TYPE_INT64:
      return "int64";
    case ONNX_TENSOR_ELEMENT_DATA_TYPE_STRING:
      return "string";
    default:
      return fmt::format("type {}", static_cast<int>(type));
  }
}

ModelTensor Describe(std::string name, const Ort::TypeInfo& info) {
  if (info.GetONNXType() != ONNX_TYPE_TENSOR) return {std::move(name), "not a tensor", {}};
  const auto tensor = info.GetTensorTypeAndShapeInfo();
  return {std::move(name), TypeName(tensor.GetElementType()), tensor.GetShape()};
}

std::vector<ModelTensor> InputsOf(const Ort::Session& session) {
  Ort::AllocatorWithDefaultOptions allocator;
  std::vector<ModelTensor> tensors;
  for (size_t i = 0; i < session.GetInputCount(); ++i) {
    tensors.push_back(Describe(session.GetInputNameAllocated(i, allocator).get(), session.GetInputTypeInfo(i)));
  }
  return tensors;
}

std::vector<ModelTensor> OutputsOf(const Ort::Session& session) {
  Ort::AllocatorWithDefaultOptions allocator;
  std::vector<ModelTensor> tensors;
  for (size_t i = 0; i < session.GetOutputCount(); ++i) {
    tensors.push_back(Describe(session.GetOutputNameAllocated(i, allocator).get(), session.GetOutputTypeInfo(i)));
  }
  return tensors;
}

// The adapter feeds and reads float32 whatever the manifest says.
Status CheckFloat(const std::vector<ModelTensor>& tensors, const std::string& name) {
  for (const ModelTensor& tensor : tensors) {
    if (tensor.name == name && tensor.type != "float32") {
      return Refused(
          fmt::format("\"{}\": only float32 is supported, the model has {}", Printable(name, 60), tensor.type));
    }
  }
  return Ok();
}

RuntimeFacts FactsOf(const SessionOptions& options) {
  return {"onnxruntime",
          OrtGetApiBase()->GetVersionString(),
          kProvider,
          {{"graph_optimization", "all"},
           {"execution_mode", "sequential"},
           {"intra_op_threads", std::to_string(options.intra_op_threads)},
           {"x64quantprecision", "1"}}};
}

Ort::SessionOptions LibraryOptions(const SessionOptions& options, const ModelContract& contract) {
  Ort::SessionOptions made;
  // ALL is twice as fast as EXTENDED, and the only level whose bits do not depend on threads or session.
  made.SetGraphOptimizationLevel(ORT_ENABLE_ALL);
  made.SetExecutionMode(ORT_SEQUENTIAL);
  made.SetIntraOpNumThreads(options.intra_op_threads);
  made.SetInterOpNumThreads(1);
  made.SetLogSeverityLevel(ORT_LOGGING_LEVEL_FATAL);
  // Signed 8-bit weights saturate on x86 CPUs without VNNI unless this is set.
  made.AddConfigEntry(kOrtSessionOptionsAvx2PrecisionMode, "1");
  // Bytes in the library's own format would be loaded without our look at the files that they name.
  made.AddConfigEntry(kOrtSessionOptionsConfigLoadModelFormat, "ONNX");

  std::vector<std::basic_string<ORTCHAR_T>> names;
  std::vector<char*> buffers;
  std::vector<size_t> lengths;
  for (const auto& [name, bytes] : contract.external_data) {
    names.push_back(name);
    // The library only reads; its signature lacks the const.
    buffers.push_back(const_cast<char*>(reinterpret_cast<const char*>(bytes.data())));
    lengths.push_back(bytes.size());
  }
  if (!names.empty()) made.AddExternalInitializersFromFilesInMemory(names, buffers, lengths);
  return made;
}

Status CheckExternalData(ByteView model, const ModelContract& contract) {
  LOTMARK_ASSIGN_OR_RETURN(const auto named, FindExternalData(model));
  for (const std::string& location : named) {
    if (contract.external_data.contains(location)) continue;
    return Refused(fmt::format("external data: {}: the model takes weights from this file, and the manifest does not "
                               "list it",
                               Printable(location)),
                   "List it under formats.onnx.external_data with its sha256 and size.");
  }
  return Ok();
}

class OnnxRuntime final : public runtime::Runtime {
 public:
  explicit OnnxRuntime(std::shared_ptr<Ort::Env> env) : env_(std::move(env)) {}

  manifest::Format format() const override { return manifest::Format::kOnnx; }
  std::string name() const override { return "onnxruntime"; }
  std::string version() const override { return OrtGetApiBase()->GetVersionString(); }

  Result<std::unique_ptr<runtime::Session>> Load(ByteView model, const ModelContract& contract,
                                                 const SessionOptions& options) const override {
    if (model.empty()) return Refused("not a usable ONNX model: it is empty");
    LOTMARK_RETURN_IF_ERROR(CheckExternalData(model, contract));
    LOTMARK_ASSIGN_OR_RETURN(auto session, CallLibrary(ErrorCode::kRefused, "loading the model",
                                                       [&] { return Create(model, contract, options); }));
    LOTMARK_RETURN_IF_ERROR(session->CheckOpenSizes());
    return std::unique_ptr<runtime::Session>(std::move(session));
  }

 private:
  // Throws what the library throws.
  Result<std::unique_ptr<OnnxSession>> Create(ByteView model, const ModelContract& contract,
                                              const SessionOptions& options) const {
    Ort::Session session(*env_, model.data(), model.size(), LibraryOptions(options, contract));
    const auto inputs = InputsOf(session);
    const auto outputs = OutputsOf(session);
    LOTMARK_ASSIGN_OR_RETURN(Binding binding, runtime::Bind(inputs, outputs, contract));
    LOTMARK_RETURN_IF_ERROR(CheckFloat(inputs, binding.input));
    LOTMARK_RETURN_IF_ERROR(CheckFloat(outputs, binding.probabilities));
    LOTMARK_RETURN_IF_ERROR(CheckFloat(outputs, binding.embedding));
    return std::make_unique<OnnxSession>(env_, std::move(session), std::move(binding), contract, FactsOf(options));
  }

  std::shared_ptr<Ort::Env> env_;
};

}  // namespace

Result<std::unique_ptr<runtime::Runtime>> MakeOnnxRuntime() {
  if (OrtGetApiBase()->GetApi(ORT_API_VERSION) == nullptr) {
    return MachineFailed(fmt::format("ONNX Runtime {} does not offer API version {}",
                                     OrtGetApiBase()->GetVersionString(), ORT_API_VERSION));
  }
  // Since 1.29 the official Linux builds report sessions (model hashes among it) to their maker, from a thread of its
  // own, and keep a device id in the home folder. The library asks for this variable once, when it first starts.
  if (setenv("ORT_DISABLE_TELEMETRY", "1", 1) != 0) return MachineFailed("cannot switch off ONNX Runtime's telemetry");
  return CallLibrary(ErrorCode::kMachine, "starting", [] {
    auto env = std::make_shared<Ort::Env>(ORT_LOGGING_LEVEL_ERROR, "lotmark", DropLog, nullptr);
    env->DisableTelemetryEvents();
    return Result<std::unique_ptr<runtime::Runtime>>(std::make_unique<OnnxRuntime>(std::move(env)));
  });
}

}  // namespace lotmark::runtime_onnx
