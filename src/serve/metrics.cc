#include "serve/metrics.h"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <mutex>

#include "serve/version_series.h"

namespace lotmark::serve {
namespace {

using prometheus::Labels;

std::string_view EventName(KeeperEvent event) {
  switch (event) {
    case KeeperEvent::kLoaded:
      return "loaded";
    case KeeperEvent::kSwapped:
      return "swapped";
    case KeeperEvent::kRefused:
      return "refused";
    case KeeperEvent::kWithdrawn:
      return "withdrawn";
    case KeeperEvent::kPermitted:
      return "permitted";
  }
  return "";
}

template <typename Builder>
auto& Named(Builder builder, const char* name, const char* help, prometheus::Registry& registry) {
  return builder.Name(name).Help(help).Register(registry);
}

class PrometheusMetrics final : public Metrics {
 public:
  PrometheusMetrics() {
    // A series that appears with its first event has no increase to alert on.
    for (const auto event : {KeeperEvent::kLoaded, KeeperEvent::kSwapped, KeeperEvent::kRefused,
                             KeeperEvent::kWithdrawn, KeeperEvent::kPermitted}) {
      EventCounter(event);
    }
  }

  void CountClassification(const ClassifyFacts& facts) override { classifications_.Count(facts); }

  void CountHttpResponse(std::string_view route, int status) override {
    http_responses_.Add(Labels{{"route", std::string(route)}, {"status", std::to_string(status)}}).Increment();
  }

  void CountModelEvent(KeeperEvent event) override { EventCounter(event).Increment(); }

  std::string Render(const ServiceFigures& figures) override {
    const std::lock_guard lock(render_mutex_);
    ShowKeeper(figures.keeper);
    ShowWork(figures);
    ShowRecords(figures.writer);
    ShowProcess(figures.process);
    return prometheus::TextSerializer().Serialize(registry_.Collect());
  }

 private:
  prometheus::Gauge& Gauge(const char* name, const char* help) {
    return Named(prometheus::BuildGauge(), name, help, registry_).Add({});
  }
  prometheus::Counter& Counter(const char* name, const char* help) {
    return Named(prometheus::BuildCounter(), name, help, registry_).Add({});
  }

  prometheus::Counter& EventCounter(KeeperEvent event) {
    return model_events_.Add(Labels{{"event", std::string(EventName(event))}});
  }

  void ShowKeeper(const KeeperState& keeper) {
    Show(keeper.desired, desired_);
    Show(keeper.active, active_);
    Show(keeper.previous_kept, previous_kept_);
    in_sync_.Set(keeper.desired == keeper.active ? 1 : 0);
    loading_.Set(keeper.loading ? 1 : 0);
    failing_.Set(keeper.last_failure ? 1 : 0);
    withdrawn_.Set(keeper.refusing() ? 1 : 0);
    load_seconds_.Set(Seconds(keeper.last_load));
    golden_seconds_.Set(Seconds(keeper.last_golden));
  }

  void ShowWork(const ServiceFigures& figures) {
    queue_depth_.Set(static_cast<double>(figures.queued));
    decode_reserved_.Set(static_cast<double>(figures.decode_memory.reserved));
    decode_limit_.Set(static_cast<double>(figures.decode_memory.limit));
    decode_waiting_.Set(static_cast<double>(figures.decode_memory.waiting));
    Raise(log_dropped_, static_cast<double>(figures.log_dropped));
  }

  void ShowRecords(const records::Writer::Stats& writer) {
    records_queue_.Set(static_cast<double>(writer.queued));
    records_lag_.Set(Seconds(writer.oldest_waiting));
    records_group_.Set(static_cast<double>(writer.last_group));
    Raise(rows_, static_cast<double>(writer.rows));
    Raise(groups_, static_cast<double>(writer.groups));
    Raise(failed_groups_, static_cast<double>(writer.failed_groups));
  }

  void ShowProcess(const ProcessStats& process) {
    const auto set = [](prometheus::Gauge& gauge, const auto& figure) {
      if (figure) gauge.Set(static_cast<double>(*figure));
    };
    set(process_resident_, process.resident_bytes);
    set(process_virtual_, process.virtual_bytes);
    set(process_start_, process.start_seconds);
    set(process_fds_, process.open_fds);
    set(process_max_fds_, process.max_fds);
    set(process_threads_, process.threads);
    if (process.cpu_seconds) Raise(process_cpu_, *process.cpu_seconds);
  }

  static double Seconds(std::chrono::microseconds time) { return std::chrono::duration<double>(time).count(); }

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
  static void Raise(prometheus::Counter& counter, double to) { counter.Increment(std::max(0.0, to - counter.Value())); }

  std::mutex render_mutex_;  // guards what is set while rendering
  prometheus::Registry registry_;
  VersionSeries classifications_{registry_, kVersions};
  prometheus::Family<prometheus::Counter>& http_responses_ = Named(
      prometheus::BuildCounter(), "lotmark_http_responses_total", "HTTP responses by route and status", registry_);
  prometheus::Family<prometheus::Counter>& model_events_ =
      Named(prometheus::BuildCounter(), "lotmark_model_events_total", "What happened to models", registry_);
  prometheus::Family<prometheus::Gauge>& model_info_ =
      Named(prometheus::BuildGauge(), "lotmark_model_info", "Desired, active and kept model version", registry_);
  ModelInfo desired_{"desired"};
  ModelInfo active_{"active"};
  ModelInfo previous_kept_{"previous_kept"};
  prometheus::Gauge& in_sync_ = Gauge("lotmark_model_in_sync", "1 when the active version is the desired one");
  prometheus::Gauge& loading_ = Gauge("lotmark_model_loading", "1 while a version is being loaded");
  prometheus::Gauge& failing_ =
      Gauge("lotmark_model_failing", "1 while the pointer cannot be followed: /health says why");
  prometheus::Gauge& withdrawn_ =
      Gauge("lotmark_model_withdrawn", "1 while requests are refused because the version was withdrawn");
  prometheus::Gauge& load_seconds_ =
      Gauge("lotmark_model_load_seconds", "Duration of the last load: verify, session, golden");
  prometheus::Gauge& golden_seconds_ =
      Gauge("lotmark_model_golden_seconds", "Duration of the golden test classification within the last load");
  prometheus::Gauge& queue_depth_ = Gauge("lotmark_queue_depth", "Classifications that wait for a worker");
  prometheus::Gauge& decode_reserved_ =
      Gauge("lotmark_decode_memory_reserved_bytes", "Memory reserved for images that are being decoded");
  prometheus::Gauge& decode_limit_ =
      Gauge("lotmark_decode_memory_limit_bytes", "The most that may be reserved for them at a time");
  prometheus::Gauge& decode_waiting_ =
      Gauge("lotmark_decode_memory_waiting", "Images that wait for memory to be decoded in");
  prometheus::Counter& log_dropped_ =
      Counter("lotmark_log_dropped_total", "Log lines dropped because nobody read the log");
  prometheus::Gauge& records_queue_ = Gauge("lotmark_records_queue_depth", "Rows that wait for their transaction");
  prometheus::Gauge& records_lag_ =
      Gauge("lotmark_records_lag_seconds", "Age of the oldest row that is not durable yet");
  prometheus::Gauge& records_group_ = Gauge("lotmark_records_last_transaction_rows", "Rows of the last transaction");
  prometheus::Counter& rows_ = Counter("lotmark_records_rows_total", "Rows made durable");
  prometheus::Counter& groups_ = Counter("lotmark_records_transactions_total", "Transactions that made rows durable");
  prometheus::Counter& failed_groups_ =
      Counter("lotmark_records_failed_transactions_total", "Transactions that failed");
  prometheus::Gauge& process_resident_ = Gauge("process_resident_memory_bytes", "Resident memory");
  prometheus::Gauge& process_virtual_ = Gauge("process_virtual_memory_bytes", "Virtual memory");
  prometheus::Counter& process_cpu_ = Counter("process_cpu_seconds_total", "User and system CPU time");
  prometheus::Gauge& process_start_ = Gauge("process_start_time_seconds", "Start, in seconds since 1970");
  prometheus::Gauge& process_fds_ = Gauge("process_open_fds", "Open file descriptors");
  prometheus::Gauge& process_max_fds_ = Gauge("process_max_fds", "Most file descriptors that may be open");
  prometheus::Gauge& process_threads_ = Gauge("process_threads", "Threads");
};

}  // namespace

std::unique_ptr<Metrics> Metrics::Make() { return std::make_unique<PrometheusMetrics>(); }

}  // namespace lotmark::serve
