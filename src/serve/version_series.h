// The time series of classifications, by version: bounded however many versions come and go. Inside this room only.
//
// Thread safety: all functions may be called from any thread.
#pragma once

#include <prometheus/counter.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include <list>
#include <map>
#include <mutex>
#include <string>
#include <utility>

#include "serve/classify_facts.h"

namespace lotmark::serve {

class VersionSeries {
 public:
  // Keeps the series of `max_versions` versions. `registry` must outlive this.
  VersionSeries(prometheus::Registry& registry, size_t max_versions);

  void Count(const ClassifyFacts& facts);

 private:
  using Key = std::pair<ClassifyResult, Stage>;
  struct Version {
    std::string name;  // "" for requests that were refused before a model was chosen
    std::map<ClassifyResult, prometheus::Counter*> counters;
    std::map<Key, prometheus::Histogram*> histograms;
  };

  Version& Find(const std::string& name);
  void DropOldest();
  prometheus::Counter& CounterOf(Version& version, ClassifyResult result);
  prometheus::Histogram& HistogramOf(Version& version, ClassifyResult result, Stage stage);

  const size_t max_versions_;
  prometheus::Family<prometheus::Counter>& counters_;
  prometheus::Family<prometheus::Histogram>& histograms_;
  std::mutex mutex_;             // a series must not be dropped while another thread counts in it
  std::list<Version> versions_;  // last used first
};

}  // namespace lotmark::serve
