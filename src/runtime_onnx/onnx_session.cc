#include "runtime_onnx/onnx_session.h"

#include <fmt/format.h>

#include <array>
#include <cmath>

#include "base/encoding.h"
#include "runtime_onnx/library_call.h"

namespace lotmark::runtime_onnx {
namespace {

using runtime::Output;

Result<std::vector<float>> FloatsOf(const Ort::Value& value, size_t wanted, std::string_view name) {
  const size_t count = value.GetTensorTypeAndShapeInfo().GetElementCount();
  if (count != wanted) {
    return Refused(fmt::format("output \"{}\": the manifest says {} values, the model gave {}", Printable(name, 60),
                               wanted, count));
  }
  const float* data = value.GetTensorData<float>();
  return std::vector<float>(data, data + count);
}

Status CheckFinite(const std::vector<float>& values, std::string_view name) {
  for (size_t i = 0; i < values.size(); ++i) {
    if (!std::isfinite(values[i])) {
      return Refused(fmt::format("output \"{}\": value {} is not a finite number", Printable(name, 60), i));
    }
  }
  return Ok();
}

}  // namespace

OnnxSession::OnnxSession(std::shared_ptr<Ort::Env> env, Ort::Session session, runtime::Binding binding,
                         const runtime::ModelContract& contract, runtime::RuntimeFacts facts)
    : env_(std::move(env)),
      session_(std::make_unique<Ort::Session>(std::move(session))),
      binding_(std::move(binding)),
      classes_(contract.classes),
      embedding_length_(contract.embedding ? static_cast<size_t>(contract.embedding->length) : 0),
      input_shape_(contract.input_shape),
      facts_(std::move(facts)) {
  for (const int64_t size : input_shape_) input_length_ *= static_cast<size_t>(size);
}

Result<Output> OnnxSession::Run(std::span<const float> tensor) const {
  if (tensor.size() != input_length_) {
    return Refused(fmt::format("input \"{}\": {} values are needed, {} were given", Printable(binding_.input, 60),
                               input_length_, tensor.size()));
  }
  LOTMARK_ASSIGN_OR_RETURN(Output output, RunUnchecked(tensor));
  LOTMARK_RETURN_IF_ERROR(CheckFinite(output.probabilities, binding_.probabilities));
  LOTMARK_RETURN_IF_ERROR(CheckFinite(output.embedding, binding_.embedding));
  return output;
}

Status OnnxSession::CheckOpenSizes() const {
  if (binding_.sizes_are_known) return Ok();
  const std::vector<float> zeros(input_length_);
  LOTMARK_RETURN_IF_ERROR(RunUnchecked(zeros));
  return Ok();
}

Result<Output> OnnxSession::RunUnchecked(std::span<const float> tensor) const {
  return CallLibrary(ErrorCode::kMachine, "running the model", [&] { return Call(tensor); });
}

Result<Output> OnnxSession::Call(std::span<const float> tensor) const {
  const auto memory = Ort::MemoryInfo::CreateCpu(OrtArenaAllocator, OrtMemTypeDefault);
  // The library only reads the input; its signature lacks the const.
  const auto input = Ort::Value::CreateTensor<float>(memory, const_cast<float*>(tensor.data()), tensor.size(),
                                                     input_shape_.data(), input_shape_.size());
  const char* input_name = binding_.input.c_str();
  const std::array<const char*, 2> output_names = {binding_.probabilities.c_str(), binding_.embedding.c_str()};
  const size_t outputs = binding_.embedding.empty() ? 1 : 2;
  const auto values = session_->Run(Ort::RunOptions{nullptr}, &input_name, &input, 1, output_names.data(), outputs);

  Output output;
  LOTMARK_ASSIGN_OR_RETURN(output.probabilities, FloatsOf(values[0], classes_, binding_.probabilities));
  if (outputs == 2) {
    LOTMARK_ASSIGN_OR_RETURN(output.embedding, FloatsOf(values[1], embedding_length_, binding_.embedding));
  }
  return output;
}

}  // namespace lotmark::runtime_onnx
