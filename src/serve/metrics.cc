#include "serve/metrics.h"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <mutex>

namespace lotmark::serve {
namespace {

using prometheus::Labels;

// Seconds; from a table lookup to a large model on a slow core.
const prometheus::Histogram::BucketBoundaries kSeconds{0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05,
                                                       0.1,    0.25,  0.5,    1,     2.5,  5,     10};

std::string_view StageName(Stage stage) {
  switch (stage) {
    case Stage::kDecode:
      return "decode";
    case Stage::kPreprocess:
      return "preprocess";
    case Stage::kInference:
      return "inference";
    case Stage::kCommit:
      return "commit";
    case Stage::kTotal:
      return "total";
  }
  return "";
}

std::string_view EventName(KeeperEvent event) {
  switch (event) {
    case KeeperEvent::kLoaded:
      return "loaded";
    case KeeperEvent::kSwapped:
      return "swapped";
    case KeeperEvent::kRefused:
      return "refused";
  }
  return "";
}

template <typename Builder>
auto& Named(Builder builder, const char* name, const char* help, prometheus::Registry& registry) {
  return builder.Name(name).Help(help).Register(registry);
}

class PrometheusMetrics final : public Metrics {
 public:
  void Observe(Stage stage, std::string_view model_version, std::chrono::microseconds took) override {
    stage_seconds_
        .Add(Labels{{"stage", std::string(StageName(stage))}, {"model_version", std::string(model_version)}}, kSeconds)
        .Observe(std::chrono::duration<double>(took).count());
  }

  void CountClassification(std::string_view model_version, std::string_view result) override {
    classifications_.Add(Labels{{"model_version", std::string(model_version)}, {"result", std::string(result)}})
        .Increment();
  }

  void CountHttpResponse(std::string_view route, int status) override {
    http_responses_.Add(Labels{{"route", std::string(route)}, {"status", std::to_string(status)}}).Increment();
  }

  void CountModelEvent(KeeperEvent event) override {
    model_events_.Add(Labels{{"event", std::string(EventName(event))}}).Increment();
  }

  std::string Render(const KeeperState& keeper, size_t queued, const records::Writer::Stats& writer) override {
    const std::lock_guard lock(render_mutex_);
    Show(keeper.desired, desired_);
    Show(keeper.active, active_);
    in_sync_.Set(keeper.desired == keeper.active ? 1 : 0);
    loading_.Set(keeper.loading ? 1 : 0);
    load_seconds_.Set(std::chrono::duration<double>(keeper.last_load).count());
    queue_depth_.Set(static_cast<double>(queued));
    records_queue_.Set(static_cast<double>(writer.queued));
    Raise(rows_, writer.rows);
    Raise(groups_, writer.groups);
    Raise(failed_groups_, writer.failed_groups);
    return prometheus::TextSerializer().Serialize(registry_.Collect());
  }

 private:
  prometheus::Gauge& Gauge(const char* name, const char* help) {
    return Named(prometheus::BuildGauge(), name, help, registry_).Add({});
  }
  prometheus::Counter& Counter(const char* name, const char* help) {
    return Named(prometheus::BuildCounter(), name, help, registry_).Add({});
  }

  // An info metric: value 1 with the identity as labels. Only a change of identity touches the series.
  struct ModelInfo {
    std::string role;
    std::optional<VersionIdentity> identity = {};
    prometheus::Gauge* gauge = nullptr;
  };

  void Show(const std::optional<VersionIdentity>& identity, ModelInfo& shown) {
    if (shown.identity == identity) return;
    if (shown.gauge != nullptr) model_info_.Remove(shown.gauge);
    shown.gauge = nullptr;
    shown.identity = identity;
    if (!identity) return;
    shown.gauge = &model_info_.Add(Labels{{"role", shown.role},
                                          {"model_name", identity->model.text()},
                                          {"model_version", identity->version.text()},
                                          {"manifest_sha256", identity->manifest_sha256.hex()}});
    shown.gauge->Set(1);
  }

  // Two renderings may come with their figures in the other order: a counter never falls.
  static void Raise(prometheus::Counter& counter, uint64_t to) {
    counter.Increment(std::max(0.0, static_cast<double>(to) - counter.Value()));
  }

  std::mutex render_mutex_;  // guards what is set while rendering
  prometheus::Registry registry_;
  prometheus::Family<prometheus::Histogram>& stage_seconds_ =
      Named(prometheus::BuildHistogram(), "lotmark_classification_stage_seconds",
            "Time spent in each stage of a classification", registry_);
  prometheus::Family<prometheus::Counter>& classifications_ = Named(
      prometheus::BuildCounter(), "lotmark_classifications_total", "Classifications by version and result", registry_);
  prometheus::Family<prometheus::Counter>& http_responses_ = Named(
      prometheus::BuildCounter(), "lotmark_http_responses_total", "HTTP responses by route and status", registry_);
  prometheus::Family<prometheus::Counter>& model_events_ =
      Named(prometheus::BuildCounter(), "lotmark_model_events_total", "Models loaded, swapped and refused", registry_);
  prometheus::Family<prometheus::Gauge>& model_info_ =
      Named(prometheus::BuildGauge(), "lotmark_model_info", "Desired and active model version", registry_);
  ModelInfo desired_{"desired"};
  ModelInfo active_{"active"};
  prometheus::Gauge& in_sync_ = Gauge("lotmark_model_in_sync", "1 when the active version is the desired one");
  prometheus::Gauge& loading_ = Gauge("lotmark_model_loading", "1 while a version is being loaded");
  prometheus::Gauge& load_seconds_ =
      Gauge("lotmark_model_load_seconds", "Duration of the last load: verify, session, golden");
  prometheus::Gauge& queue_depth_ = Gauge("lotmark_queue_depth", "Classifications that wait for a worker");
  prometheus::Gauge& records_queue_ = Gauge("lotmark_records_queue_depth", "Rows that wait for their transaction");
  prometheus::Counter& rows_ = Counter("lotmark_records_rows_total", "Rows made durable");
  prometheus::Counter& groups_ = Counter("lotmark_records_transactions_total", "Transactions that made rows durable");
  prometheus::Counter& failed_groups_ =
      Counter("lotmark_records_failed_transactions_total", "Transactions that failed");
};

}  // namespace

std::unique_ptr<Metrics> Metrics::Make() { return std::make_unique<PrometheusMetrics>(); }

}  // namespace lotmark::serve
