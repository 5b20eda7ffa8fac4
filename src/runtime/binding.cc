#include "runtime/binding.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "base/encoding.h"

namespace lotmark::runtime {
namespace {

std::string Names(const std::vector<ModelTensor>& tensors) {
  if (tensors.empty()) return "none";
  std::vector<std::string> names;
  names.reserve(tensors.size());
  for (const auto& tensor : tensors) names.push_back(Printable(tensor.name, 60));
  if (names.size() > 8) names = {names.begin(), names.begin() + 8};
  return fmt::format("{}", fmt::join(names, ", "));
}

const ModelTensor* Find(const std::vector<ModelTensor>& tensors, const std::string& name) {
  const auto found = std::find_if(tensors.begin(), tensors.end(), [&](const auto& t) { return t.name == name; });
  return found == tensors.end() ? nullptr : &*found;
}

// Equal rank, and equal sizes wherever both sides state one.
bool Agree(const std::vector<int64_t>& model, const std::vector<int64_t>& wanted) {
  return std::equal(model.begin(), model.end(), wanted.begin(), wanted.end(),
                    [](int64_t m, int64_t w) { return m == w || m < 0 || w < 0; });
}

Status CheckSpec(const ModelTensor& tensor, const manifest::TensorSpec& spec, std::string_view kind) {
  const auto type = manifest::ElementTypeName(spec.type);
  if (tensor.type != type) {
    return Refused(fmt::format("{} \"{}\": type: the manifest says {}, the model has {}", kind,
                               Printable(tensor.name, 60), type, tensor.type));
  }
  if (!spec.shape.empty() && !Agree(tensor.shape, spec.shape)) {
    return Refused(fmt::format("{} \"{}\": shape: the manifest says {}, the model has {}", kind,
                               Printable(tensor.name, 60), ShapeText(spec.shape), ShapeText(tensor.shape)));
  }
  return Ok();
}

Result<std::string> BindInput(const std::vector<ModelTensor>& inputs, const ModelContract& contract) {
  if (inputs.size() != 1) {
    return Refused(
        fmt::format("inputs: a model must have exactly one, this one has {} ({})", inputs.size(), Names(inputs)));
  }
  if (contract.inputs.size() > 1) {
    return Refused(fmt::format("inputs: the manifest lists {}, the model has one", contract.inputs.size()));
  }
  const ModelTensor& input = inputs.front();
  if (!contract.inputs.empty()) {
    const auto& spec = contract.inputs.front();
    if (spec.name != input.name) {
      return Refused(fmt::format("inputs: the manifest names \"{}\", the model has \"{}\"", Printable(spec.name, 60),
                                 Printable(input.name, 60)));
    }
    LOTMARK_RETURN_IF_ERROR(CheckSpec(input, spec, "input"));
    if (!spec.shape.empty() && !Agree(spec.shape, contract.input_shape)) {
      return Refused(fmt::format("input \"{}\": shape: the manifest says {}, its preprocessing makes {}",
                                 Printable(input.name, 60), ShapeText(spec.shape), ShapeText(contract.input_shape)));
    }
  }
  if (!Agree(input.shape, contract.input_shape)) {
    return Refused(fmt::format("input \"{}\": shape: preprocessing makes {}, the model has {}",
                               Printable(input.name, 60), ShapeText(contract.input_shape), ShapeText(input.shape)));
  }
  return input.name;
}

struct OutputSize {
  int64_t elements = 1;  // product of the sizes that are stated, for a batch of one
  bool known = true;
};

OutputSize SizeOf(const std::vector<int64_t>& shape) {
  // More than any class list or embedding; also keeps the product from overflowing.
  constexpr int64_t kCap = int64_t{1} << 31;
  OutputSize size;
  for (size_t i = 0; i < shape.size(); ++i) {
    if (shape[i] >= 0) {
      size.elements = shape[i] >= kCap ? kCap : std::min(kCap, size.elements * shape[i]);
    } else if (i > 0) {  // an open first size is the batch, which is one here
      size.known = false;
    }
  }
  if (shape.size() == 1 && shape[0] < 0) size.known = false;
  return size;
}

Status CheckCount(const ModelTensor& output, int64_t wanted, std::string_view what) {
  const OutputSize size = SizeOf(output.shape);
  const bool possible = size.known ? size.elements == wanted : size.elements > 0 && wanted % size.elements == 0;
  if (possible) return Ok();
  return Refused(fmt::format("output \"{}\": the manifest says {} {}, the model gives {}", Printable(output.name, 60),
                             wanted, what, ShapeText(output.shape)));
}

// The name of the probabilities by the rules in the header.
Result<std::string> ProbabilitiesName(const std::vector<ModelTensor>& outputs, const ModelContract& contract) {
  if (contract.outputs.empty()) {
    if (outputs.size() == 1 && !contract.embedding) return outputs.front().name;
    return Refused(
        fmt::format("outputs: the manifest names none, and the model has {} ({})", outputs.size(), Names(outputs)),
        "Name the outputs in the manifest; only a model with one input and one output needs no names.");
  }
  for (const auto& spec : contract.outputs) {
    if (!contract.embedding || spec.name != contract.embedding->output) return spec.name;
  }
  return Refused("outputs: the manifest names only the embedding, and no output with the probabilities");
}

Status CheckListedOutputs(const std::vector<ModelTensor>& outputs, const ModelContract& contract) {
  for (const auto& spec : contract.outputs) {
    const ModelTensor* output = Find(outputs, spec.name);
    if (output == nullptr) {
      return Refused(fmt::format("outputs: the manifest names \"{}\", the model has {}", Printable(spec.name, 60),
                                 Names(outputs)));
    }
    LOTMARK_RETURN_IF_ERROR(CheckSpec(*output, spec, "output"));
  }
  return Ok();
}

}  // namespace

std::string ShapeText(const std::vector<int64_t>& shape) {
  std::vector<std::string> sizes;
  sizes.reserve(shape.size());
  for (const int64_t size : shape) sizes.push_back(size < 0 ? "?" : std::to_string(size));
  return fmt::format("[{}]", fmt::join(sizes, ", "));
}

Result<Binding> Bind(const std::vector<ModelTensor>& inputs, const std::vector<ModelTensor>& outputs,
                     const ModelContract& contract) {
  Binding binding;
  LOTMARK_ASSIGN_OR_RETURN(binding.input, BindInput(inputs, contract));
  LOTMARK_RETURN_IF_ERROR(CheckListedOutputs(outputs, contract));
  LOTMARK_ASSIGN_OR_RETURN(binding.probabilities, ProbabilitiesName(outputs, contract));

  const ModelTensor& probabilities = *Find(outputs, binding.probabilities);
  LOTMARK_RETURN_IF_ERROR(CheckCount(probabilities, static_cast<int64_t>(contract.classes), "classes"));
  binding.sizes_are_known = SizeOf(probabilities.shape).known;

  if (contract.embedding) {
    const ModelTensor* embedding = Find(outputs, contract.embedding->output);
    if (embedding == nullptr) {
      return Refused(fmt::format("embedding: the manifest names output \"{}\", the model has {}",
                                 Printable(contract.embedding->output, 60), Names(outputs)));
    }
    LOTMARK_RETURN_IF_ERROR(CheckCount(*embedding, contract.embedding->length, "embedding values"));
    binding.embedding = embedding->name;
    binding.sizes_are_known = binding.sizes_are_known && SizeOf(embedding->shape).known;
  }
  return binding;
}

}  // namespace lotmark::runtime
