// A runtime without any library: a model is a few lines of text, and equal bytes give equal outputs.
//
//   lotmark fake model
//   seed 7          weights are a function of the seed
//   mode nan        optional: `constant`, `nan`, `fail` (Run returns kMachine), `logits` (not probabilities)
//   sleep_ms 20     optional: how long a Run takes
//
// Outputs are softmax(W x) with W made from the seed, so they depend on every value of the tensor.
// Thread safety: as runtime.h asks.
#pragma once

#include <memory>
#include <string>

#include "runtime/runtime.h"

namespace lotmark::runtime::testing {

class FakeRuntime final : public Runtime {
 public:
  explicit FakeRuntime(manifest::Format format = manifest::Format::kOnnx) : format_(format) {}

  manifest::Format format() const override { return format_; }
  std::string name() const override { return "fake"; }
  std::string version() const override { return "1.0"; }
  Result<std::unique_ptr<Session>> Load(ByteView model, const ModelContract& contract,
                                        const SessionOptions& options) const override;

 private:
  manifest::Format format_;
};

// The bytes of a fake model. `mode` may be empty.
std::string FakeModel(int seed, const std::string& mode = "", int sleep_ms = 0);

}  // namespace lotmark::runtime::testing
