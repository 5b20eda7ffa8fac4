#include "classify/row.h"

namespace lotmark::classify {

records::ClassificationRow MakeRow(const LoadedModel& model, const Prediction& prediction, RowContext context) {
  const manifest::Manifest& manifest = model.manifest();
  const runtime::RuntimeFacts& facts = model.session().facts();
  const RankedClass& top = prediction.top.front();
  return {.id = context.id,
          .time = context.time,
          .model_name = manifest.model_name(),
          .model_version = manifest.version(),
          .manifest_sha256 = manifest.digest(),
          .artifact_sha256 = model.artifact_sha256(),
          .format = std::string(manifest::FormatName(model.format())),
          .runtime_name = facts.name,
          .runtime_version = facts.version,
          .runtime_provider = facts.provider,
          .runtime_options = model.runtime_options(),
          .cpu_features = model.cpu_features(),
          .preprocessing_sha256 = model.preprocessing_sha256(),
          .image_sha256 = prediction.image_sha256,
          .tensor_sha256 = prediction.tensor_sha256,
          .output_sha256 = prediction.output_sha256,
          .classes = manifest.classes(),
          .probabilities = prediction.probabilities,
          .top_class = manifest.classes()[top.index],
          .confidence = static_cast<double>(top.probability),
          .warnings = prediction.warnings,
          .sharpness = prediction.quality.sharpness,
          .brightness = prediction.quality.brightness,
          .image_width = prediction.quality.width,
          .image_height = prediction.quality.height,
          .source = context.source,
          .replica = std::move(context.replica),
          .latency_micros = context.latency.count(),
          .references = std::move(context.references)};
}

}  // namespace lotmark::classify
