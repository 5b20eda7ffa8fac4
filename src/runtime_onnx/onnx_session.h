// One loaded ONNX model. Internal to this room: it includes the library's header.
#pragma once

#include <onnxruntime_cxx_api.h>

#include <memory>
#include <string>
#include <vector>

#include "runtime/binding.h"
#include "runtime/runtime.h"

namespace lotmark::runtime_onnx {

class OnnxSession final : public runtime::Session {
 public:
  OnnxSession(std::shared_ptr<Ort::Env> env, Ort::Session session, runtime::Binding binding,
              const runtime::ModelContract& contract, runtime::RuntimeFacts facts);

  Result<runtime::Output> Run(std::span<const float> tensor) const override;
  const runtime::RuntimeFacts& facts() const override { return facts_; }

  // For a model that leaves its output sizes open: one run on zeros, of which only the sizes count.
  Status CheckOpenSizes() const;

 private:
  Result<runtime::Output> RunUnchecked(std::span<const float> tensor) const;
  // Throws what the library throws.
  Result<runtime::Output> Call(std::span<const float> tensor) const;

  std::shared_ptr<Ort::Env> env_;  // must outlive session_
  std::unique_ptr<Ort::Session> session_;
  runtime::Binding binding_;
  size_t classes_;
  size_t embedding_length_;
  std::vector<int64_t> input_shape_;
  size_t input_length_ = 1;
  runtime::RuntimeFacts facts_;
};

}  // namespace lotmark::runtime_onnx
