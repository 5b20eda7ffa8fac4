#include "serve/version_series.h"

#include <algorithm>
#include <iterator>

namespace lotmark::serve {
namespace {

// Seconds; from a table lookup to a large model on a slow core.
const prometheus::Histogram::BucketBoundaries kSeconds{0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05,
                                                       0.1,    0.25,  0.5,    1,     2.5,  5,     10};

constexpr Stage kStages[] = {Stage::kQueue,     Stage::kDecode, Stage::kPreprocess,
                             Stage::kInference, Stage::kCommit, Stage::kTotal};
static_assert(std::size(kStages) == kStageCount);

}  // namespace

VersionSeries::VersionSeries(prometheus::Registry& registry, size_t max_versions)
    : max_versions_(max_versions),
      counters_(prometheus::BuildCounter()
                    .Name("lotmark_classifications_total")
                    .Help("Classifications by version and result")
                    .Register(registry)),
      histograms_(prometheus::BuildHistogram()
                      .Name("lotmark_classification_stage_seconds")
                      .Help("Time spent in each stage of a classification")
                      .Register(registry)) {}

void VersionSeries::Count(const ClassifyFacts& facts) {
  const std::lock_guard lock(mutex_);
  Version& version = Find(facts.version ? facts.version->text() : "");
  CounterOf(version, facts.result).Increment();
  for (const Stage stage : kStages) {
    const auto& time = facts.times[stage];
    if (!time) continue;
    HistogramOf(version, facts.result, stage).Observe(std::chrono::duration<double>(*time).count());
  }
}

VersionSeries::Version& VersionSeries::Find(const std::string& name) {
  const auto found =
      std::find_if(versions_.begin(), versions_.end(), [&](const auto& one) { return one.name == name; });
  if (found != versions_.end()) {
    versions_.splice(versions_.begin(), versions_, found);
  } else {
    if (versions_.size() >= max_versions_) DropOldest();
    versions_.push_front({name, {}, {}});
  }
  return versions_.front();
}

void VersionSeries::DropOldest() {
  for (const auto& [result, counter] : versions_.back().counters) counters_.Remove(counter);
  for (const auto& [key, histogram] : versions_.back().histograms) histograms_.Remove(histogram);
  versions_.pop_back();
}

prometheus::Counter& VersionSeries::CounterOf(Version& version, ClassifyResult result) {
  prometheus::Counter*& counter = version.counters[result];
  if (counter == nullptr) {
    counter = &counters_.Add({{"model_version", version.name}, {"result", std::string(ClassifyResultName(result))}});
  }
  return *counter;
}

prometheus::Histogram& VersionSeries::HistogramOf(Version& version, ClassifyResult result, Stage stage) {
  prometheus::Histogram*& histogram = version.histograms[{result, stage}];
  if (histogram == nullptr) {
    histogram = &histograms_.Add({{"model_version", version.name},
                                  {"result", std::string(ClassifyResultName(result))},
                                  {"stage", std::string(StageName(stage))}},
                                 kSeconds);
  }
  return *histogram;
}

}  // namespace lotmark::serve
