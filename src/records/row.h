// One row of `lesion_classifications`, and what a service reports about itself. doc/records.md specifies the columns.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/digest.h"
#include "base/ids.h"
#include "base/uuid.h"
#include "records/references.h"

namespace lotmark::records {

// Where a classification came from. Counts and drift leave out kCli, kShadow and kTest.
enum class Source { kServer, kEdge, kCli, kOnDevice, kShadow, kTest };
std::string_view SourceName(Source source);
std::optional<Source> ParseSource(std::string_view name);

struct ClassificationRow {
  Uuid id;
  UtcTime time;
  ModelName model_name;
  Version model_version;
  Digest manifest_sha256 = {};
  Digest artifact_sha256 = {};
  std::string format = {};            // "onnx"
  std::string runtime_name = {};      // "onnxruntime"
  std::string runtime_version = {};   // "1.30.0"
  std::string runtime_provider = {};  // "CPUExecutionProvider"
  std::string runtime_options = {};   // JSON object of the options that change bits
  std::string cpu_features = {};      // "avx2,fma,…"
  Digest preprocessing_sha256 = {};   // of Preprocessing::Canonical()
  Digest image_sha256 = {};           // of the bytes as received
  Digest tensor_sha256 = {};          // of the float32 tensor, little-endian
  Digest output_sha256 = {};          // of the float32 probabilities, little-endian
  std::vector<std::string> classes = {};
  std::vector<float> probabilities = {};  // in the order of `classes`
  std::string top_class = {};
  double confidence = 0;                   // probability of top_class
  std::vector<std::string> warnings = {};  // quality warnings given with the reply
  double sharpness = 0;
  double brightness = 0;
  int64_t image_width = 0;  // of the upright picture as received, pixels
  int64_t image_height = 0;
  Source source = Source::kServer;
  std::string replica = {};    // name of the service instance
  int64_t latency_micros = 0;  // from the request's last byte to the row's hand-over
  References references = {};

  bool operator==(const ClassificationRow&) const = default;
};

enum class ServiceEventKind { kLoaded, kRefused, kSwapped, kDrained, kWithdrawn, kPermitted };
std::string_view ServiceEventKindName(ServiceEventKind kind);
std::optional<ServiceEventKind> ParseServiceEventKind(std::string_view name);

struct ServiceEvent {
  std::string replica = {};
  UtcTime time = {};
  ServiceEventKind kind = ServiceEventKind::kLoaded;
  std::optional<Digest> manifest_sha256 = {};
  std::string model_name = {}, model_version = {};
  std::string reason = {};

  bool operator==(const ServiceEvent&) const = default;
};

}  // namespace lotmark::records
