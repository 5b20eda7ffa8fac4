#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "base/encoding.h"
#include "manifest/check.h"

namespace lotmark::manifest {
namespace {

using Shape = std::vector<int64_t>;

// Equal where neither side says "any".
bool Agree(const Shape& a, const Shape& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](int64_t x, int64_t y) { return x == y || x == -1 || y == -1; });
}

Shape TensorMadeBy(const Preprocessing& p) {
  if (p.layout == Layout::kNchw) return {1, 3, p.height, p.width};
  return {1, p.height, p.width, 3};
}

Status CheckInputShapes(const Artifact& artifact, const std::string& field) {
  const Shape* input = artifact.inputs.empty() ? nullptr : &artifact.inputs.front().shape;
  const Shape* stated = artifact.input_shape.empty() ? nullptr : &artifact.input_shape;
  if (input && stated && !Agree(*input, *stated)) {
    return Refused(fmt::format("{}.input_shape: {} does not agree with inputs[0].shape {}", field, *stated, *input));
  }
  if (!artifact.preprocessing) return Ok();
  const Shape made = TensorMadeBy(*artifact.preprocessing);
  if (stated && !Agree(*stated, made)) {
    return Refused(fmt::format("{}.input_shape: {} is not what preprocessing makes: {}", field, *stated, made));
  }
  if (input && !Agree(*input, made)) {
    return Refused(fmt::format("{}: inputs[0].shape {} is not what preprocessing makes: {}", field, *input, made));
  }
  return Ok();
}

Status CheckLength(const TensorSpec& output, int64_t length, const std::string& field, std::string_view source) {
  if (output.shape.back() == -1 || output.shape.back() == length) return Ok();
  return Refused(fmt::format("{}: outputs: the shape {} of '{}' does not end in {}, which {} says", field, output.shape,
                             output.name, length, source));
}

Status CheckOutputs(const Artifact& artifact, const ManifestFields& fields, const std::string& field) {
  if (artifact.outputs.empty()) return Ok();
  const TensorSpec* probabilities = nullptr;
  const TensorSpec* embedding = nullptr;
  for (const TensorSpec& output : artifact.outputs) {
    if (fields.embedding && output.name == fields.embedding->output)
      embedding = &output;
    else if (probabilities == nullptr)
      probabilities = &output;
  }
  if (fields.embedding && embedding == nullptr) {
    return Refused(
        fmt::format("embedding.output: '{}' is not among the outputs of {}", fields.embedding->output, field));
  }
  if (probabilities == nullptr) return Refused(field + ": outputs: none is left for the probabilities");
  if (embedding != nullptr) {
    LOTMARK_RETURN_IF_ERROR(CheckLength(*embedding, fields.embedding->length, field, "embedding.length"));
  }
  const auto classes = static_cast<int64_t>(fields.classes.size());
  if (classes != 0) return CheckLength(*probabilities, classes, field, "classes");
  if (!artifact.output_classes) return Ok();
  return CheckLength(*probabilities, *artifact.output_classes, field, "output_classes");
}

Status CheckArtifact(const Artifact& artifact, const ManifestFields& fields) {
  const std::string field = "formats." + std::string(FormatName(artifact.format));
  if (artifact.output_classes && !fields.classes.empty() &&
      *artifact.output_classes != static_cast<int64_t>(fields.classes.size())) {
    return Refused(fmt::format("{}.output_classes: {} does not agree with classes, which has {} entries", field,
                               *artifact.output_classes, fields.classes.size()));
  }
  LOTMARK_RETURN_IF_ERROR(CheckInputShapes(artifact, field));
  return CheckOutputs(artifact, fields, field);
}

// A label by name, so that labels in another order than the model's outputs are found in the manifest itself.
Status CheckTopClass(const std::string& top_class, const std::vector<double>& probabilities,
                     const std::vector<std::string>& classes, const std::string& field) {
  const auto stated = std::find(classes.begin(), classes.end(), top_class);
  if (stated == classes.end())
    return Refused(fmt::format("{}: '{}' is not among classes", field, Printable(top_class)));
  const auto largest = std::max_element(probabilities.begin(), probabilities.end());
  if (probabilities[static_cast<size_t>(stated - classes.begin())] == *largest) return Ok();
  return Refused(fmt::format("{}: '{}', but by the order of classes the largest probability is that of '{}'", field,
                             top_class, classes[static_cast<size_t>(largest - probabilities.begin())]),
                 "The labels of `classes` must stand in the order of the model's outputs.");
}

Status CheckGolden(const Golden& golden, const ManifestFields& fields) {
  if (fields.classes.empty()) return Refused("golden needs classes, which is missing");
  for (const GoldenCase& golden_case : golden.cases) {
    for (const auto& [format, probabilities] : golden_case.probabilities) {
      const std::string field = fmt::format("{}.probabilities.{}", golden_case.image.field, FormatName(format));
      if (!fields.artifacts.contains(format)) return Refused(field + ": formats does not list this format");
      if (probabilities.size() != fields.classes.size()) {
        return Refused(
            fmt::format("{}: {} probabilities for {} classes", field, probabilities.size(), fields.classes.size()));
      }
      if (!golden_case.top_class) continue;
      LOTMARK_RETURN_IF_ERROR(
          CheckTopClass(*golden_case.top_class, probabilities, fields.classes, golden_case.image.field + ".top_class"));
    }
  }
  return Ok();
}

}  // namespace

Status CheckAgreement(const ManifestFields& fields) {
  for (const auto& [format, artifact] : fields.artifacts) {
    LOTMARK_RETURN_IF_ERROR(CheckArtifact(artifact, fields));
  }
  return fields.golden ? CheckGolden(*fields.golden, fields) : Ok();
}

}  // namespace lotmark::manifest
