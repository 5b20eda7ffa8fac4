// serve: puts the rooms together into a running service and takes them apart again in order.
#include <fmt/core.h>

#include <csignal>
#include <ctime>
#include <memory>

#include "api/api.h"
#include "base/encoding.h"
#include "cli/commands.h"
#include "cli/journal_access.h"
#include "cli/listen_address.h"
#include "cli/log.h"
#include "cli/request_log.h"
#include "cli/serve_http.h"
#include "cli/serve_signals.h"
#include "cli/settings_sources.h"
#include "fs/operator_file.h"
#include "serve/memory.h"
#include "serve/volume_source.h"

namespace lotmark::cli {
namespace {

constexpr size_t kMaxReplicaBytes = 128;
constexpr size_t kMaxJournalKeyBytes = 1024;

std::string Trimmed(const std::string& text) {
  constexpr std::string_view kSpace = " \t\r\n";
  const size_t begin = text.find_first_not_of(kSpace);
  return begin == std::string::npos ? "" : text.substr(begin, text.find_last_not_of(kSpace) + 1 - begin);
}

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
    case serve::KeeperEvent::kWithdrawn:
      return records::ServiceEventKind::kWithdrawn;
    case serve::KeeperEvent::kPermitted:
      return records::ServiceEventKind::kPermitted;
  }
  return records::ServiceEventKind::kRefused;
}

void RecordEvent(records::Writer& writer, const records::ServiceEvent& event) {
  if (Status recorded = writer.Record(event); !recorded) {
    LogError("service event not recorded: " + recorded.error().text);
  }
}

void LogModelEvent(std::string_view name, const std::optional<serve::VersionIdentity>& identity,
                   const std::string& reason) {
  LogEvent event{.event = name, .message = fmt::format("{} {}", name, Describe(identity))};
  if (!reason.empty()) {
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
        LogModelEvent(records::ServiceEventKindName(kind), identity, reason);
        metrics.CountModelEvent(event);
        RecordEvent(writer, MakeEvent(replica, clock, kind, identity, reason));
      };
}

// How a service opens the volume. `journal_key`: text of the public key that must have signed the journal, "" = the one
// that the volume names. `state`: folder of the remembered checkpoints, "" = nothing is remembered.
struct JournalTrust {
  std::string journal_key = {};
  std::string state = {};
};

Result<JournalTrust> ReadJournalTrust(const ServeSettings& settings) {
  JournalTrust trust{.journal_key = {}, .state = settings.state};
  if (settings.journal_key.empty()) return trust;
  auto text = fs::ReadOperatorFile(settings.journal_key, fs::Privacy::kPublic);
  if (!text) return Prefixed("journal key", std::move(text).error());
  trust.journal_key = Trimmed(*text);
  if (trust.journal_key.empty() || trust.journal_key.size() > kMaxJournalKeyBytes) {
    return Refused(fmt::format("journal key: {}: it must hold 1 to {} bytes of text", Printable(settings.journal_key),
                               kMaxJournalKeyBytes));
  }
  return trust;
}

Result<std::unique_ptr<store::Reader>> OpenServingReader(const Context& context, const ServeSettings& settings) {
  LOTMARK_ASSIGN_OR_RETURN(const JournalTrust trust, ReadJournalTrust(settings));
  store::ReaderOptions options;
  if (!trust.journal_key.empty()) {
    auto key = tlog::NoteVerifier::Parse(trust.journal_key);
    if (!key) return Prefixed("journal key: " + Printable(settings.journal_key), std::move(key).error());
    options.journal_key = *std::move(key);
  }
  if (!trust.state.empty()) {
    options.memory = [folder = trust.state](const Uuid& volume_id) { return OpenMemory(folder, volume_id); };
  }
  return context.OpenReader(options);
}

class Service {
 public:
  static Result<Outcome> Run(const Context& context, const GivenSettings& given, ResolvedSettings settings) {
    const ServeSignals signals;
    RaiseFileLimit();
    serve::ReturnLargeBlocksWhenFreed();
    LOTMARK_ASSIGN_OR_RETURN(const LogFormat log_format, ParseLogFormat(settings.values.log_format));
    const LogSession log(log_format);
    Service service(context, given, std::move(settings));
    LOTMARK_RETURN_IF_ERROR(service.Start());
    int signal = signals.Wait();
    for (; signal == SIGHUP; signal = signals.Wait()) service.Reload();
    service.Stop(signal, signals);
    return Outcome::kDone;
  }

 private:
  Service(const Context& context, const GivenSettings& given, ResolvedSettings settings)
      : context_(context),
        given_(given),
        settings_(std::move(settings)),
        replica_(settings_.values.replica.empty() ? context.Actor().name : settings_.values.replica) {}

  Status Start() {
    const ServeSettings& settings = settings_.values;
    LOTMARK_ASSIGN_OR_RETURN(const ListenAddress address, ParseListenAddress(settings.listen));
    LOTMARK_RETURN_IF_ERROR(CheckReach(address));
    LOTMARK_ASSIGN_OR_RETURN(http::Options http, HttpOptionsOf(settings));
    LOTMARK_RETURN_IF_ERROR(CheckReplica());
    LOTMARK_RETURN_IF_ERROR(OpenRecords());
    LOTMARK_RETURN_IF_ERROR(LoadModel());
    serve::ClassifyService::Options limits{.workers = static_cast<size_t>(settings.workers),
                                           .queue = static_cast<size_t>(settings.queue),
                                           .deadline = std::chrono::seconds(settings.deadline_seconds),
                                           .replica = replica_,
                                           .decode_memory = &decode_memory_};
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
    http.on_refusal = api_->on_refusal();
    LOTMARK_ASSIGN_OR_RETURN(server_, http::Server::Start(http, api_->handler()));
    LogTls(http);
    LogInfo(fmt::format("listening on {} as {}", address.Text(server_->port()), replica_));
    return Ok();
  }

  // Either everything is taken over that can be while the service runs, or nothing.
  void Reload() {
    auto next = ResolveSettings(given_);
    if (!next) return LogNotReloaded(next.error());
    ResolvedSettings merged = settings_;
    const SettingsChange change = AdoptChanges(merged, std::move(*next));
    const auto http = HttpOptionsOf(merged.values);
    if (!http) return LogNotReloaded(http.error());
    server_->Apply(*http);
    settings_ = std::move(merged);
    for (const std::string& one : change.applied) LogInfo("SIGHUP: changed " + one);
    for (const std::string& one : change.needs_restart) LogWarning("SIGHUP: needs a restart: " + one);
    LogTls(*http);
    LogInfo("SIGHUP: done");
  }

  static void LogNotReloaded(const Error& error) { LogError("SIGHUP: everything stays as it was: " + error.text); }

  static void LogTls(const http::Options& http) {
    if (!http.tls) return;
    LogInfo("TLS certificate: " + http.tls->description());
    for (const std::string& warning : http.tls->Warnings(std::time(nullptr))) LogWarning(warning);
  }

  Status CheckReach(const ListenAddress& address) const {
    if (address.loopback || settings_.values.allow_remote) return Ok();
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
    LOTMARK_ASSIGN_OR_RETURN(reader_, OpenServingReader(context_, settings_.values));
    LOTMARK_ASSIGN_OR_RETURN(const ModelName model, context_.Model(*reader_));
    LOTMARK_ASSIGN_OR_RETURN(auto own_reader, OpenServingReader(context_, settings_.values));
    Clock& clock = context_.toolbox().clock;
    auto keeper = serve::ModelKeeper::Start(
        {.keep_previous = settings_.values.keep_previous,
         .watch_folder = context_.volume_path() + "/models/" + model.text()},
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
  // event that says so is the last one written. A second signal cuts the notice short.
  void Stop(int signal, const ServeSignals& signals) {
    const std::string name(ServeSignals::Name(signal));
    api_->BeginDraining();
    if (const std::chrono::seconds notice(settings_.values.drain_notice_seconds); notice.count() > 0) {
      LogInfo(fmt::format("{}: not ready any more, draining in {} s", name, notice.count()));
      signals.EndsWithin(notice);
    }
    LogInfo(name + ": draining");
    const auto report = server_->Stop(std::chrono::seconds(settings_.values.drain_seconds));
    server_.reset();
    classifications_->Drain();
    const auto active = keeper_->state().active;
    api_.reset();
    classifications_.reset();
    keeper_.reset();
    const auto reason = fmt::format("{}: {} requests finished, {} abandoned, {} connections refused", name,
                                    report.finished, report.abandoned, report.refused);
    RecordEvent(*writer_,
                MakeEvent(replica_, context_.toolbox().clock, records::ServiceEventKind::kDrained, active, reason));
    writer_->Stop();
    LogInfo("drained " + reason);
  }

  const Context& context_;
  const GivenSettings& given_;
  ResolvedSettings settings_;
  const std::string replica_;
  // In order of construction: each stands on those above it.
  const std::unique_ptr<serve::Metrics> metrics_ = serve::Metrics::Make();
  classify::DecodeMemory decode_memory_{static_cast<uint64_t>(settings_.values.decode_memory_mib) << 20};
  std::unique_ptr<records::Writer> writer_;
  std::unique_ptr<records::Database> records_;  // the API's own connection
  std::unique_ptr<store::Reader> reader_;
  std::unique_ptr<serve::ModelKeeper> keeper_;
  std::unique_ptr<serve::ClassifyService> classifications_;
  std::unique_ptr<api::Api> api_;
  std::unique_ptr<http::Server> server_;
};

// Without a variable of its own: what was given is read with FlagsOf, so that nothing given differs from a default
// given. Options that other commands have too are there already.
void AddSetting(CLI::App& command, const Setting& setting) {
  if (command.get_option_no_throw(setting.flag()) != nullptr) return;
  if (std::holds_alternative<bool ServeSettings::*>(setting.field)) {
    command.add_flag(setting.flag(), setting.help);
    return;
  }
  const std::string value = setting.automatic.empty() ? setting.Text({}) : setting.automatic;
  const std::string help = fmt::format("{} (default: {})", setting.help, value);
  command.add_option(setting.flag(), help)->type_name(setting.kind);
}

std::map<std::string, std::string> FlagsOf(const CLI::App& command) {
  std::map<std::string, std::string> flags;
  for (const Setting& setting : AllSettings()) {
    const CLI::Option* const option = command.get_option(setting.flag());
    if (option->count() > 0) flags[setting.name] = option->results().back();
  }
  return flags;
}

}  // namespace

void AddServe(Registrar& registrar) {
  CLI::App* command = AddCommand(
      registrar, "serve", "Serve the active version over HTTP or HTTPS, following the pointer",
      "lotmark serve --volume /srv/derm-models --records sqlite:///var/lib/lotmark/records.db --listen "
      "127.0.0.1:8090\n\n"
      "An option called --some-thing is also LOTMARK_SOME_THING in the environment and \"some_thing\" in the settings\n"
      "file; the command line wins over the environment, the environment over the file. Signals: SIGHUP reads "
      "settings\n"
      "and certificate again, SIGTERM drains and ends.",
      {Takes::kVolumeAndModel, Takes::kRecords, Takes::kJson});
  for (const Setting& setting : AllSettings()) AddSetting(*command, setting);
  auto given = std::make_shared<GivenSettings>();
  auto show = std::make_shared<bool>(false);
  command->add_option("--config", given->config, "Settings file, JSON (default: $LOTMARK_CONFIG)")->type_name("FILE");
  command->add_flag("--show-config", *show, "Print each setting, its value and where that comes from, and end");
  command->callback([&registrar, command, given, show] {
    given->flags = FlagsOf(*command);
    registrar.action = [&common = registrar.common, given, show](const Context& context) -> Result<Outcome> {
      LOTMARK_ASSIGN_OR_RETURN(ResolvedSettings settings, ResolveSettings(*given));
      if (*show) {
        PrintSettings(settings, context.json());
        return Outcome::kDone;
      }
      // The context reads these; for a service the settings file has a say in them too.
      common.volume = settings.values.volume;
      common.model = settings.values.model;
      common.records = settings.values.records;
      return Service::Run(context, *given, std::move(settings));
    };
  });
}

}  // namespace lotmark::cli
