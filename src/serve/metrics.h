// What a service counts and times, in Prometheus' terms (doc/http-api.md lists the names).
//
// Never a label with a reference, an image or an id: label values are versions, stages, results and digests only.
// Thread safety: all functions may be called from any thread.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>

#include "records/writer.h"
#include "serve/model_keeper.h"

namespace lotmark::serve {

enum class Stage { kDecode, kPreprocess, kInference, kCommit, kTotal };

class Metrics {
 public:
  static std::unique_ptr<Metrics> Make();
  virtual ~Metrics() = default;

  virtual void Observe(Stage stage, std::string_view model_version, std::chrono::microseconds took) = 0;
  // `result`: "ok", "replayed", "refused", "conflict", "busy", "failed".
  virtual void CountClassification(std::string_view model_version, std::string_view result) = 0;
  virtual void CountHttpResponse(std::string_view route, int status) = 0;
  virtual void CountModelEvent(KeeperEvent event) = 0;

  // The text exposition (version 0.0.4) of everything, with the given states as gauges.
  virtual std::string Render(const KeeperState& keeper, size_t queued, const records::Writer::Stats& writer) = 0;
};

}  // namespace lotmark::serve
