// What a service counts and times, in Prometheus' terms (doc/http-api.md lists the names).
//
// Never a label with a reference, an image or an id. Label values are versions, stages, results, statuses, digests and
// the patterns of routes: none is free text from outside.
// *Cardinality*: the series of the kVersions versions last used are kept, older ones are dropped (a version that comes
// back counts from 0, which Prometheus takes for a restart).
// Thread safety: all functions may be called from any thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "classify/decode_memory.h"
#include "records/writer.h"
#include "serve/classify_facts.h"
#include "serve/model_keeper.h"
#include "serve/process_stats.h"

namespace lotmark::serve {

// The state of a service at the moment of rendering.
struct ServiceFigures {
  KeeperState keeper = {};
  size_t queued = 0;
  records::Writer::Stats writer = {};
  classify::DecodeMemory::Stats decode_memory = {};
  uint64_t log_dropped = 0;
  ProcessStats process = {};
};

class Metrics {
 public:
  static constexpr size_t kVersions = 8;

  static std::unique_ptr<Metrics> Make();
  virtual ~Metrics() = default;

  virtual void CountClassification(const ClassifyFacts& facts) = 0;
  // REQUIRES: `route` is one of a fixed set, such as the patterns of the router.
  virtual void CountHttpResponse(std::string_view route, int status) = 0;
  virtual void CountModelEvent(KeeperEvent event) = 0;

  // The text exposition (version 0.0.4) of everything, with the given figures as gauges.
  virtual std::string Render(const ServiceFigures& figures) = 0;
};

}  // namespace lotmark::serve
