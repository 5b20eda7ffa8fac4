// serve: puts the rooms together into a running service and takes them apart again in order.
#include <fmt/core.h>
#include <pthread.h>

#include <csignal>
#include <cstdlib>
#include <memory>

#include "api/api.h"
#include "base/encoding.h"
#include "cli/commands.h"
#include "cli/listen_address.h"
#include "cli/log.h"
#include "cli/request_log.h"
#include "serve/memory.h"
#include "serve/volume_source.h"

namespace lotmark::cli {
namespace {

constexpr size_t kMaxReplicaBytes = 128;

struct ServeOptions {
  std::string listen = "127.0.0.1:8090";
  std::string replica;
  bool allow_remote = false;
  size_t workers = 0;
  size_t queue = 0;
  int drain_seconds = 30;
  std::string log_format;  // "" = LOTMARK_LOG_FORMAT, else text
  uint64_t decode_memory_mib = classify::DecodeMemory::kDefaultLimit >> 20;
};

Result<LogFormat> LogFormatOf(const ServeOptions& options) {
  const char* const variable = std::getenv("LOTMARK_LOG_FORMAT");
  if (!options.log_format.empty() || variable == nullptr || *variable == '\0') {
    return ParseLogFormat(options.log_format.empty() ? "text" : options.log_format);
  }
  auto format = ParseLogFormat(variable);
  if (!format) return Prefixed("LOTMARK_LOG_FORMAT", std::move(format).error());
  return format;
}

// Signals that end the service are taken by Wait alone. REQUIRES: made before any thread starts, which inherits the
// mask.
class Termination {
 public:
  Termination() {
    sigemptyset(&signals_);
    sigaddset(&signals_, SIGTERM);
    sigaddset(&signals_, SIGINT);
    pthread_sigmask(SIG_BLOCK, &signals_, nullptr);
    std::signal(SIGPIPE, SIG_IGN);  // a log collector that went away must not end the service
  }
  // Returns the signal's name.
  std::string Wait() const {
    int signal = 0;
    while (sigwait(&signals_, &signal) != 0) {
    }
    return signal == SIGTERM ? "SIGTERM" : "SIGINT";
  }

 private:
  sigset_t signals_{};
};

std::string Describe(const std::optional<serve::VersionIdentity>& identity) {
  if (!identity) return "no version";
  return fmt::format("{} {}", identity->model.text(), identity->version.text());
}

records::ServiceEvent MakeEvent(const std::string& replica, Clock& clock, records::ServiceEventKind kind,
                                const std::optional<serve::VersionIdentity>& identity, const std::string& reason) {
  records::ServiceEvent event{.replica = replica, .time = clock.Now(), .kind = kind, .reason = reason};
  if (identity) {
    event.manifest_sha256 = identity->manifest_sha256;
    event.model_name = identity->model.text();
    event.model_version = identity->version.text();
  }
  return event;
}

records::ServiceEventKind RecordKindOf(serve::KeeperEvent event) {
  switch (event) {
    case serve::KeeperEvent::kLoaded:
      return records::ServiceEventKind::kLoaded;
    case serve::KeeperEvent::kSwapped:
      return records::ServiceEventKind::kSwapped;
    case serve::KeeperEvent::kRefused:
      return records::ServiceEventKind::kRefused;
  }
  return records::ServiceEventKind::kRefused;
}

void RecordEvent(records::Writer& writer, const records::ServiceEvent& event) {
  if (Status recorded = writer.Record(event); !recorded) {
    LogError("service event not recorded: " + recorded.error().text);
  }
}

void LogModelEvent(serve::KeeperEvent kind, std::string_view name,
                   const std::optional<serve::VersionIdentity>& identity, const std::string& reason) {
  LogEvent event{.event = name, .message = fmt::format("{} {}", name, Describe(identity))};
  if (kind == serve::KeeperEvent::kRefused) {
    event.level = LogLevel::kWarning;
    event.message += ": " + reason;
  }
  if (identity) {
    event.fields = {{"model_name", identity->model.text()},
                    {"model_version", identity->version.text()},
                    {"manifest_sha256", identity->manifest_sha256.hex()}};
  }
  Log(event);
}

// What happens to the model is logged, counted and recorded. A record that fails must not stop the swap.
serve::ModelKeeper::Listener MakeListener(const std::string& replica, Clock& clock, records::Writer& writer,
                                          serve::Metrics& metrics) {
  return
      [replica, &clock, &writer, &metrics](
          serve::KeeperEvent event, const std::optional<serve::VersionIdentity>& identity, const std::string& reason) {
        const auto kind = RecordKindOf(event);
        LogModelEvent(event, records::ServiceEventKindName(kind), identity, reason);
        metrics.CountModelEvent(event);
        RecordEvent(writer, MakeEvent(replica, clock, kind, identity, reason));
      };
}

class Service {
 public:
  static Result<Outcome> Run(const Context& context, const ServeOptions& options) {
    const Termination termination;
    serve::ReturnLargeBlocksWhenFreed();
    LOTMARK_ASSIGN_OR_RETURN(const LogFormat log_format, LogFormatOf(options));
    const LogSession log(log_format);
    Service service(context, options);
    LOTMARK_RETURN_IF_ERROR(service.Start());
    const std::string signal = termination.Wait();
    service.Stop(signal);
    return Outcome::kDone;
  }

 private:
  Service(const Context& context, const ServeOptions& options)
      : context_(context),
        options_(options),
        replica_(options.replica.empty() ? context.Actor().name : options.replica) {}

  Status Start() {
    LOTMARK_ASSIGN_OR_RETURN(const ListenAddress address, ParseListenAddress(options_.listen));
    LOTMARK_RETURN_IF_ERROR(CheckReach(address));
    LOTMARK_RETURN_IF_ERROR(CheckReplica());
    LOTMARK_RETURN_IF_ERROR(OpenRecords());
    LOTMARK_RETURN_IF_ERROR(LoadModel());
    serve::ClassifyService::Options limits{
        .workers = options_.workers, .queue = options_.queue, .replica = replica_, .decode_memory = &decode_memory_};
    classifications_ = serve::ClassifyService::Start(limits, *keeper_, *writer_, *metrics_, context_.toolbox().clock);
    api_ = std::make_unique<api::Api>(api::Backend{.classifications = *classifications_,
                                                   .keeper = *keeper_,
                                                   .writer = *writer_,
                                                   .metrics = *metrics_,
                                                   .volume = *reader_,
                                                   .records = *records_,
                                                   .replica = replica_,
                                                   .log_request = LogRequest,
                                                   .log_failure = LogError,
                                                   .log_dropped = DroppedLogLines,
                                                   .decode_memory = &decode_memory_});
    LOTMARK_ASSIGN_OR_RETURN(
        server_, http::Server::Start(
                     {.host = address.host, .port = address.port, .limits = {}, .on_refusal = api_->on_refusal()},
                     api_->handler()));
    LogInfo(fmt::format("listening on {} as {}", address.Text(server_->port()), replica_));
    return Ok();
  }

  Status CheckReach(const ListenAddress& address) const {
    if (address.loopback || options_.allow_remote) return Ok();
    return Refused(
        fmt::format("{} can be reached from other machines, and this version has no authentication", address.host),
        "put a proxy that authenticates in front, or give --allow-remote-unauthenticated");
  }

  // It goes into every row: better refused here than with each request.
  Status CheckReplica() const {
    if (!replica_.empty() && replica_.size() <= kMaxReplicaBytes && Printable(replica_) == replica_) return Ok();
    return Error{ErrorCode::kUsage, fmt::format("--replica '{}': must be 1 to {} bytes of text",
                                                Printable(replica_, 80), kMaxReplicaBytes)};
  }

  Status OpenRecords() {
    LOTMARK_ASSIGN_OR_RETURN(const std::string url, context_.RecordsUrl());
    const auto open = [url](records::OpenMode mode) { return records::OpenDatabase(url, mode); };
    LOTMARK_ASSIGN_OR_RETURN(writer_, records::Writer::Start(open, {}));
    LOTMARK_ASSIGN_OR_RETURN(records_, open(records::OpenMode::kOpenExisting));
    return Ok();
  }

  Status LoadModel() {
    LOTMARK_ASSIGN_OR_RETURN(const runtime::Runtime* runtime, context_.ServerRuntime());
    LOTMARK_ASSIGN_OR_RETURN(reader_, context_.OpenReader());
    LOTMARK_ASSIGN_OR_RETURN(const ModelName model, context_.Model(*reader_));
    LOTMARK_ASSIGN_OR_RETURN(auto own_reader, context_.OpenReader());
    Clock& clock = context_.toolbox().clock;
    auto keeper = serve::ModelKeeper::Start(
        {.watch_folder = context_.volume_path() + "/models/" + model.text()},
        serve::MakeVolumeSource(std::move(own_reader), model, *runtime, {.decode_memory = &decode_memory_}), clock,
        MakeListener(replica_, clock, *writer_, *metrics_));
    if (!keeper) {
      RecordEvent(*writer_,
                  MakeEvent(replica_, clock, records::ServiceEventKind::kRefused, std::nullopt, keeper.error().text));
      return std::move(keeper).error();
    }
    keeper_ = std::move(keeper).value();
    return Ok();
  }

  // First the world sees that this replica is leaving, then requests finish, then their rows, then the model goes; the
  // event that says so is the last one written.
  void Stop(const std::string& signal) {
    LogInfo(signal + ": draining");
    api_->BeginDraining();
    const auto report = server_->Stop(std::chrono::seconds(options_.drain_seconds));
    server_.reset();
    classifications_->Drain();
    const auto active = keeper_->state().active;
    api_.reset();
    classifications_.reset();
    keeper_.reset();
    const auto reason =
        fmt::format("{}: {} requests finished, {} abandoned", signal, report.finished, report.abandoned);
    RecordEvent(*writer_,
                MakeEvent(replica_, context_.toolbox().clock, records::ServiceEventKind::kDrained, active, reason));
    writer_->Stop();
    LogInfo("drained " + reason);
  }

  const Context& context_;
  const ServeOptions& options_;
  const std::string replica_;
  // In order of construction: each stands on those above it.
  const std::unique_ptr<serve::Metrics> metrics_ = serve::Metrics::Make();
  classify::DecodeMemory decode_memory_{options_.decode_memory_mib << 20};
  std::unique_ptr<records::Writer> writer_;
  std::unique_ptr<records::Database> records_;  // the API's own connection
  std::unique_ptr<store::Reader> reader_;
  std::unique_ptr<serve::ModelKeeper> keeper_;
  std::unique_ptr<serve::ClassifyService> classifications_;
  std::unique_ptr<api::Api> api_;
  std::unique_ptr<http::Server> server_;
};

}  // namespace

void AddServe(Registrar& registrar) {
  CLI::App* command = AddCommand(
      registrar, "serve", "Serve the active version over HTTP, following the pointer",
      "lotmark serve --volume /srv/derm-models --records sqlite:///var/lib/lotmark/records.db --listen 127.0.0.1:8090",
      {Takes::kVolumeAndModel, Takes::kRecords});
  auto options = std::make_shared<ServeOptions>();
  command->add_option("--listen", options->listen, "HOST:PORT to listen on; port 0 = any free one")
      ->capture_default_str();
  command->add_option("--replica", options->replica, "Name of this service in rows and events (default: login@host)");
  command->add_flag("--allow-remote-unauthenticated", options->allow_remote,
                    "Allow an address that other machines reach");
  command->add_option("--workers", options->workers, "Classifications at a time (default: one per core)")
      ->check(CLI::Range(1, 1024));
  command->add_option("--queue", options->queue, "Classifications that may wait (default: 4 per worker)")
      ->check(CLI::Range(1, 100000));
  command->add_option("--drain-seconds", options->drain_seconds, "How long SIGTERM lets requests finish")
      ->check(CLI::Range(0, 3600))
      ->capture_default_str();
  command->add_option("--log-format", options->log_format,
                      "text, or json: one object a line (default: $LOTMARK_LOG_FORMAT, else text)");
  command
      ->add_option("--decode-memory-mib", options->decode_memory_mib,
                   "Most memory that all images being decoded may take together, in MiB")
      ->check(CLI::Range(16, 1 << 20))
      ->capture_default_str();
  command->callback([&registrar, options] {
    registrar.action = [options](const Context& context) { return Service::Run(context, *options); };
  });
}

}  // namespace lotmark::cli
