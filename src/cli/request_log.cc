#include "cli/request_log.h"

#include <array>
#include <utility>

namespace lotmark::cli {
namespace {

using serve::Stage;

constexpr std::array<std::pair<Stage, std::string_view>, 5> kStageFields{{{Stage::kQueue, "queue_ms"},
                                                                          {Stage::kDecode, "decode_ms"},
                                                                          {Stage::kPreprocess, "preprocess_ms"},
                                                                          {Stage::kInference, "inference_ms"},
                                                                          {Stage::kCommit, "commit_ms"}}};

double Milliseconds(std::chrono::microseconds time) { return static_cast<double>(time.count()) / 1000; }

void AddClassification(const serve::ClassifyFacts& facts, LogEvent& event) {
  event.fields.emplace_back("result", std::string(serve::ClassifyResultName(facts.result)));
  if (facts.version) event.fields.emplace_back("model_version", facts.version->text());
  if (facts.manifest_sha256) event.fields.emplace_back("manifest_sha256", facts.manifest_sha256->hex());
  for (const auto& [stage, name] : kStageFields) {
    if (facts.times[stage]) event.fields.emplace_back(name, Milliseconds(*facts.times[stage]));
  }
}

}  // namespace

LogEvent RequestEvent(const api::RequestLine& line) {
  LogEvent event{.event = line.classification ? "classification" : "request"};
  if (!line.failure.empty()) event.level = LogLevel::kError;
  event.message = std::string(event.event) + (line.failure.empty() ? "" : " failed: " + line.failure);
  event.fields.emplace_back("request_id", line.request_id);
  event.fields.emplace_back("trace_id", line.trace.trace_id);
  event.fields.emplace_back("span_id", line.trace.span_id);
  event.fields.emplace_back("route", std::string(line.route.empty() ? "none" : line.route));
  event.fields.emplace_back("status", int64_t{line.status});
  if (line.classification_id) event.fields.emplace_back("classification_id", line.classification_id->text());
  if (line.classification) AddClassification(*line.classification, event);
  event.fields.emplace_back("total_ms", Milliseconds(line.took));
  return event;
}

void LogRequest(const api::RequestLine& line) { Log(RequestEvent(line)); }

}  // namespace lotmark::cli
