// The interface that every inference library stands behind: ONNX Runtime, TFLite, TensorRT.
//
// Invariant: a session is made from bytes that the caller has hashed, never from a path, so that what runs is what was
// verified. Names, shapes and the class count are checked against the manifest before the first run.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "manifest/manifest.h"

namespace lotmark::runtime {

// What the caller asks of a model: taken from its manifest.
struct ModelContract {
  size_t classes = 0;
  std::vector<manifest::TensorSpec> inputs;   // empty: the model must have exactly one
  std::vector<manifest::TensorSpec> outputs;  // empty: the model must have exactly one
  std::optional<manifest::EmbeddingSpec> embedding;
  // Shape of the tensor that preprocessing makes, N = 1: {1,3,H,W} or {1,H,W,3}.
  std::vector<int64_t> input_shape;
  // External data of an ONNX model: path as the model names it -> verified bytes.
  std::map<std::string, Bytes> external_data;
};

// Facts that can change bits of the output; they go into every row.
struct RuntimeFacts {
  std::string name;                            // "onnxruntime"
  std::string version;                         // "1.30.0"
  std::string provider;                        // "CPUExecutionProvider"
  std::map<std::string, std::string> options;  // "graph_optimization": "all", "intra_op_threads": "1", …
};

struct Output {
  std::vector<float> probabilities;  // one per class, in the manifest's order
  std::vector<float> embedding;      // empty when the manifest has none
};

// A loaded model. Run may be called by several threads at once.
class Session {
 public:
  virtual ~Session() = default;
  // `tensor`: float32, the contract's input_shape, row-major. kRefused: wrong length, or an output that is NaN or
  // infinite. kMachine: the library failed.
  virtual Result<Output> Run(std::span<const float> tensor) const = 0;
  virtual const RuntimeFacts& facts() const = 0;
};

struct SessionOptions {
  int intra_op_threads = 1;  // threads inside one Run
};

class Runtime {
 public:
  virtual ~Runtime() = default;
  virtual manifest::Format format() const = 0;
  virtual std::string name() const = 0;
  virtual std::string version() const = 0;
  // kRefused: the bytes are not a model, or not the model of the contract; the text says which name or shape differs.
  virtual Result<std::unique_ptr<Session>> Load(ByteView model, const ModelContract& contract,
                                                const SessionOptions& options) const = 0;
};

}  // namespace lotmark::runtime
