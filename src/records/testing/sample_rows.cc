#include "records/testing/sample_rows.h"

#include <cstdlib>

namespace lotmark::records {
namespace {

template <typename Id>
Id Named(std::string_view text) {
  auto id = Id::Parse(text);
  if (!id) std::abort();
  return std::move(*id);
}

}  // namespace

ClassificationRow SampleRow(std::string_view image) {
  const UtcTime now = SystemClock().Now();
  return {.id = Uuid::V7(now),
          .time = now,
          .model_name = Named<ModelName>("lesion_cnn_demo"),
          .model_version = Named<Version>("2024-v1"),
          .manifest_sha256 = Sha256Of("manifest"),
          .artifact_sha256 = Sha256Of("artifact"),
          .format = "onnx",
          .runtime_name = "onnxruntime",
          .runtime_version = "1.30.0",
          .runtime_provider = "CPUExecutionProvider",
          .runtime_options = R"({"graph_optimization":"all","intra_op_threads":1})",
          .cpu_features = "avx2,fma",
          .preprocessing_sha256 = Sha256Of("preprocessing"),
          .image_sha256 = Sha256Of(image),
          .tensor_sha256 = Sha256Of("tensor"),
          .output_sha256 = Sha256Of("output"),
          .classes = {"melanoma", "nevus", "vascular_lesion"},
          .probabilities = {0.1f, 0.7f, 0.2f},
          .top_class = "nevus",
          .confidence = 0.7f,
          .warnings = {"sharpness 4.2 is below 20"},
          .sharpness = 4.2,
          .brightness = 131.25,
          .image_width = 600,
          .image_height = 450,
          .source = Source::kTest,
          .replica = "clinic-1",
          .latency_micros = 8123,
          .references = {"image-1", "patient-1", "encounter-1", "left forearm"}};
}

ServiceEvent SampleEvent(std::string_view reason) {
  return {.replica = "clinic-1",
          .time = SystemClock().Now(),
          .kind = ServiceEventKind::kSwapped,
          .manifest_sha256 = Sha256Of("manifest"),
          .model_name = "lesion_cnn_demo",
          .model_version = "2024-v1",
          .reason = std::string(reason)};
}

}  // namespace lotmark::records
