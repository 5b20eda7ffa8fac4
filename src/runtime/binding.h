// Decides which tensors of a loaded model are fed and read, or why the model is not the one that the manifest
// describes.
//
// Why apart from the adapters: every inference library reports names, types and shapes; whether they fit is one rule
// for all of them, and a pure function can be tested without any library.
//
// Rules: the model has exactly one input, of the manifest's name, type and shape, into which the tensor of
// preprocessing fits. Outputs that the manifest names must exist. The probabilities are the first output that the
// manifest names and that is not the embedding; without named outputs the model's only one. A size that the model
// leaves open (-1) accepts the manifest's; a size that the manifest leaves open (-1) accepts the model's.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "runtime/runtime.h"

namespace lotmark::runtime {

// A tensor as the library reports it.
struct ModelTensor {
  std::string name;
  std::string type;            // "float32", "int8", …: the manifest's words where it has one
  std::vector<int64_t> shape;  // -1 = decided at run time
};

struct Binding {
  std::string input;
  std::string probabilities;
  std::string embedding;         // empty when the manifest has none
  bool sizes_are_known = false;  // false: only a run can show how many probabilities come out
};

// kRefused says which name, type or shape differs, and both values.
Result<Binding> Bind(const std::vector<ModelTensor>& inputs, const std::vector<ModelTensor>& outputs,
                     const ModelContract& contract);

// "[1, 3, ?, 96]", for messages.
std::string ShapeText(const std::vector<int64_t>& shape);

}  // namespace lotmark::runtime
