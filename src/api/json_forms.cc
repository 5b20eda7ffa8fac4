#include "api/json_forms.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <numeric>

namespace lotmark::api {
namespace {

// The double whose shortest text is the float32's own: 0.1f prints as 0.1, where its exact value as a double prints as
// 0.10000000149011612. Read back as float32 both are the same.
double Shortest(float value) {
  std::array<char, 32> text{};
  const auto end = std::to_chars(text.data(), text.data() + text.size(), value).ptr;
  double shortest = 0;
  std::from_chars(text.data(), end, shortest);
  return shortest;
}

// A row's runtime options are a JSON object as text.
Json RuntimeOptions(const records::ClassificationRow& row) {
  auto options = ParseJson(row.runtime_options);
  return options ? std::move(*options) : Json(row.runtime_options);
}

Json Identity(const std::optional<serve::VersionIdentity>& identity) {
  if (!identity) return nullptr;
  return Json{{"model_name", identity->model.text()},
              {"model_version", identity->version.text()},
              {"manifest_sha256", identity->manifest_sha256.hex()}};
}

Json ClassEntry(const records::ClassificationRow& row, size_t index) {
  return Json{{"label", row.classes[index]}, {"probability", Shortest(row.probabilities[index])}};
}

Json Top(const records::ClassificationRow& row, size_t count) {
  std::vector<size_t> order(row.probabilities.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return row.probabilities[a] > row.probabilities[b]; });
  Json top = Json::array();
  for (size_t i = 0; i < std::min(count, order.size()); ++i) top.push_back(ClassEntry(row, order[i]));
  return top;
}

const char* HealthStatus(const serve::KeeperState& state, bool draining) {
  if (draining) return "draining";
  if (state.refusing()) return "withdrawn";
  const bool as_wanted = state.desired == state.active && !state.last_failure && !state.withdrawn;
  return as_wanted ? "ok" : "degraded";
}

Json Quality(const records::ClassificationRow& row) {
  return Json{{"sharpness", row.sharpness},
              {"brightness", row.brightness},
              {"width", row.image_width},
              {"height", row.image_height},
              {"warnings", row.warnings}};
}

}  // namespace

Json ClassificationReply(const records::ClassificationRow& row, bool replayed) {
  Json reply{{"id", row.id.text()},
             {"time", FormatUtc(row.time)},
             {"model_name", row.model_name.text()},
             {"model_version", row.model_version.text()},
             {"manifest_sha256", row.manifest_sha256.hex()}};
  reply["top_class"] = row.top_class;
  reply["confidence"] = Shortest(static_cast<float>(row.confidence));
  reply["top3"] = Top(row, 3);
  reply["classes"] = Json::array();
  for (size_t i = 0; i < row.classes.size(); ++i) reply["classes"].push_back(ClassEntry(row, i));
  reply["quality"] = Quality(row);
  reply["replayed"] = replayed;
  return reply;
}

Json FullRow(const records::ClassificationRow& row) {
  Json json = ClassificationReply(row, false);
  json.erase("replayed");
  json["artifact_sha256"] = row.artifact_sha256.hex();
  json["format"] = row.format;
  json["runtime"] = Json{{"name", row.runtime_name},
                         {"version", row.runtime_version},
                         {"provider", row.runtime_provider},
                         {"options", RuntimeOptions(row)}};
  json["cpu_features"] = row.cpu_features;
  json["preprocessing_sha256"] = row.preprocessing_sha256.hex();
  json["image_sha256"] = row.image_sha256.hex();
  json["tensor_sha256"] = row.tensor_sha256.hex();
  json["output_sha256"] = row.output_sha256.hex();
  json["source"] = records::SourceName(row.source);
  json["replica"] = row.replica;
  json["latency_micros"] = row.latency_micros;
  return json;
}

Json ServiceEventJson(const records::ServiceEvent& event) {
  return Json{{"time", FormatUtc(event.time)},
              {"replica", event.replica},
              {"event", records::ServiceEventKindName(event.kind)},
              {"model_name", event.model_name},
              {"model_version", event.model_version},
              {"manifest_sha256", event.manifest_sha256 ? Json(event.manifest_sha256->hex()) : Json(nullptr)},
              {"reason", event.reason}};
}

Json HealthReport(const serve::KeeperState& state, std::string_view replica, bool draining) {
  const bool in_sync = state.desired == state.active;
  Json report{{"status", HealthStatus(state, draining)},
              {"replica", replica},
              {"desired", Identity(state.desired)},
              {"active", Identity(state.active)},
              {"loading", Identity(state.loading)},
              {"previous_kept", Identity(state.previous_kept)},
              {"in_sync", in_sync},
              {"swaps", state.swaps},
              {"withdrawn", nullptr},
              {"last_failure", nullptr}};
  if (const auto& withdrawn = state.withdrawn) {
    report["withdrawn"] = Json{{"version", Identity(withdrawn->identity)},
                               {"reason", withdrawn->reason},
                               {"time", FormatUtc(withdrawn->time)},
                               {"refusing", withdrawn->refusing}};
  }
  if (const auto& failure = state.last_failure) {
    report["last_failure"] =
        Json{{"version", Identity(failure->identity)}, {"reason", failure->reason}, {"time", FormatUtc(failure->time)}};
  }
  return report;
}

}  // namespace lotmark::api
