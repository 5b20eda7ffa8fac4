#include "api/api.h"

#include <array>
#include <atomic>

#include "api/caller_id.h"
#include "api/classify_request.h"
#include "api/download.h"
#include "api/errors.h"
#include "api/json_forms.h"
#include "api/openapi.h"
#include "api/read_thread.h"
#include "http/router.h"
#include "store/status.h"

namespace lotmark::api {
namespace {

http::Response JsonResponse(const Json& body, int status = 200) {
  http::Response response;
  response.status = status;
  response.body = DumpJson(body) + "\n";
  return response;
}

// Reads wait here, not at the disk, when they come faster than it serves them.
constexpr size_t kMaxWaitingReads = 256;

}  // namespace

class Api::Routes : public std::enable_shared_from_this<Api::Routes> {
 public:
  explicit Routes(Backend backend) : backend_(std::move(backend)), reads_(kMaxWaitingReads) {}

  using Params = http::PathParams;
  struct Route {
    const char* method;
    const char* pattern;
    void (Routes::*answer)(http::Request, const Params&, Answer);
  };
  static const std::array<Route, 10> kRoutes;

  http::Handler Handler() {
    http::Router router;
    for (const Route& route : kRoutes) {
      router.Add(
          route.method, route.pattern,
          [self = shared_from_this(), &route](http::Request request, const Params& params, http::Responder respond) {
            // What the router was given below comes out here again: of paths that match nothing it answers itself.
            const Answer answer = *respond.target<Answer>();
            answer.exchange().set_route(route.pattern);
            ((*self).*route.answer)(std::move(request), params, answer);
          });
    }
    return [self = shared_from_this(), routed = router.AsHandler()](http::Request request, http::Responder respond) {
      auto exchange = std::make_shared<Exchange>(request);
      const auto told = [self](const RequestLine& line) { self->Told(line); };
      routed(std::move(request), Answer(std::move(exchange), told, std::move(respond)));
    };
  }

  void Refusal(http::Response& response) {
    Exchange exchange;
    exchange.Finish(response);
    Told(exchange.line());
  }

  void EndReads() { reads_.Stop(); }
  void BeginDraining() { draining_ = true; }

 private:
  void Told(const RequestLine& line) const {
    // A pattern is a bounded set of labels, a path is not.
    backend_.metrics.CountHttpResponse(line.route.empty() ? "none" : line.route, line.status);
    if (line.classification || line.status >= 400) backend_.log_request(line);
  }

  // The caller is not told of failures of this side; the log is.
  static http::Response Failure(Exchange& exchange, const Error& error, Looked looked) {
    http::Response response = ErrorResponseFor(error, looked);
    const bool failed = response.status >= 500 && error.code != ErrorCode::kBusy && error.code != ErrorCode::kWithdrawn;
    if (failed) exchange.set_failure(error.text);
    return response;
  }

  // Runs `read` on the read thread and answers with what it returns.
  void Read(Answer respond, std::function<Result<http::Response>()> read) {
    // `respond` holds this object; the thread has ended before it goes.
    const bool posted = reads_.Post([this, respond, read = std::move(read)] {
      Result<http::Response> response = read();
      respond(response ? std::move(*response) : Failure(respond.exchange(), response.error(), Looked::kAtStore));
    });
    if (!posted) respond(ErrorResponseFor({ErrorCode::kBusy, "too many reads are waiting"}, Looked::kAtStore));
  }

  void Classify(http::Request request, const Params&, Answer respond) {
    auto parsed = ReadClassifyRequest(std::move(request));
    if (!parsed) return respond(ErrorResponseFor(parsed.error(), Looked::kAtRequest));
    backend_.classifications.Submit(
        std::move(*parsed),
        [respond = std::move(respond)](Result<serve::ClassifyReply> reply, const serve::ClassifyFacts& facts) {
          respond.exchange().set_classification(facts, reply ? &reply->row : nullptr);
          respond(reply ? JsonResponse(ClassificationReply(reply->row, reply->replayed))
                        : Failure(respond.exchange(), reply.error(), Looked::kAtImage));
        });
  }

  void Health(http::Request, const Params&, Answer respond) {
    respond(JsonResponse(HealthReport(backend_.keeper.state(), backend_.replica, draining_)));
  }

  void Live(http::Request, const Params&, Answer respond) { respond(JsonResponse(Json{{"live", true}})); }

  void Ready(http::Request, const Params&, Answer respond) {
    const bool ready = !draining_ && !backend_.keeper.state().refusing();
    respond(JsonResponse(Json{{"ready", ready}}, ready ? 200 : 503));
  }

  void Metrics(http::Request, const Params&, Answer respond) {
    http::Response response;
    response.content_type = "text/plain; version=0.0.4; charset=utf-8";
    response.body =
        backend_.metrics.Render({.keeper = backend_.keeper.state(),
                                 .queued = backend_.classifications.queued(),
                                 .writer = backend_.writer.stats(),
                                 .decode_memory = backend_.decode_memory == nullptr ? classify::DecodeMemory::Stats{}
                                                                                    : backend_.decode_memory->stats(),
                                 .log_dropped = backend_.log_dropped(),
                                 .process = serve::ReadProcessStats()});
    respond(std::move(response));
  }

  void OpenApi(http::Request, const Params&, Answer respond) {
    http::Response response;
    response.body = OpenApiJson();
    respond(std::move(response));
  }

  void Classification(http::Request, const Params& params, Answer respond) {
    const auto id = ParseCallerId(params["id"]);
    if (!id) return respond(ErrorResponseFor(id.error(), Looked::kAtRequest));
    Read(std::move(respond), [this, id = *id]() -> Result<http::Response> {
      LOTMARK_ASSIGN_OR_RETURN(const auto row, backend_.records.FindClassification(id));
      if (!row) return NotFound("no classification has the id " + id.text());
      return JsonResponse(FullRow(*row));
    });
  }

  void Models(http::Request, const Params&, Answer respond) {
    Read(std::move(respond), [this]() -> Result<http::Response> {
      LOTMARK_ASSIGN_OR_RETURN(const auto names, backend_.volume.ListModels());
      Json models = Json::array();
      for (const ModelName& name : names) {
        LOTMARK_ASSIGN_OR_RETURN(const auto versions, store::ListRegistered(backend_.volume, name));
        Json list = Json::array();
        for (const auto& version : versions) {
          list.push_back({{"version", version.version.text()},
                          {"state", journal::VersionStateName(version.state)},
                          {"manifest_sha256", version.manifest_sha256.hex()}});
        }
        models.push_back({{"model_name", name.text()}, {"versions", std::move(list)}});
      }
      return JsonResponse(Json{{"models", std::move(models)}});
    });
  }

  struct VersionName {
    ModelName model;
    Version version;
  };
  static Result<VersionName> ParseVersionName(const Params& params) {
    LOTMARK_ASSIGN_OR_RETURN(ModelName model, ModelName::Parse(params["name"]));
    LOTMARK_ASSIGN_OR_RETURN(Version version, Version::Parse(params["version"]));
    return VersionName{std::move(model), std::move(version)};
  }

  // The manifest's exact bytes: their SHA-256 is the version's identity, and the ETag.
  void Manifest(http::Request, const Params& params, Answer respond) {
    const auto name = ParseVersionName(params);
    if (!name) return respond(ErrorResponseFor(name.error(), Looked::kAtRequest));
    Read(std::move(respond), [this, name = *name]() -> Result<http::Response> {
      LOTMARK_ASSIGN_OR_RETURN(const auto opened, backend_.volume.OpenVersion(name.model, name.version));
      http::Response response;
      response.headers.emplace_back("ETag", '"' + opened.manifest.digest().hex() + '"');
      response.body = opened.manifest.bytes();
      return response;
    });
  }

  void File(http::Request request, const Params& params, Answer respond) {
    const auto name = ParseVersionName(params);
    if (!name) return respond(ErrorResponseFor(name.error(), Looked::kAtRequest));
    Read(std::move(respond),
         [this, name = *name, path = std::string(params["file"]),
          conditions = DownloadConditions::Of(request)]() -> Result<http::Response> {
           LOTMARK_ASSIGN_OR_RETURN(const auto opened, backend_.volume.OpenVersion(name.model, name.version));
           return Download(opened, path, conditions, backend_.log_failure);
         });
  }

  const Backend backend_;
  std::atomic<bool> draining_{false};
  ReadThread reads_;
};

const std::array<Api::Routes::Route, 10> Api::Routes::kRoutes{{
    {"POST", "/classify", &Routes::Classify},
    {"GET", "/health", &Routes::Health},
    {"GET", "/health/live", &Routes::Live},
    {"GET", "/health/ready", &Routes::Ready},
    {"GET", "/metrics", &Routes::Metrics},
    {"GET", "/openapi.json", &Routes::OpenApi},
    {"GET", "/classifications/{id}", &Routes::Classification},
    {"GET", "/models", &Routes::Models},
    {"GET", "/models/{name}/versions/{version}", &Routes::Manifest},
    {"GET", "/models/{name}/versions/{version}/files/{file...}", &Routes::File},
}};

Api::Api(Backend backend) : routes_(std::make_shared<Routes>(std::move(backend))) {}
Api::~Api() { routes_->EndReads(); }

http::Handler Api::handler() { return routes_->Handler(); }
std::function<void(http::Response&)> Api::on_refusal() {
  return [routes = routes_](http::Response& response) { routes->Refusal(response); };
}
void Api::BeginDraining() { routes_->BeginDraining(); }

std::vector<std::pair<std::string, std::string>> Api::RouteList() {
  std::vector<std::pair<std::string, std::string>> list;
  for (const auto& route : Routes::kRoutes) {
    std::string path = route.pattern;
    if (const size_t dots = path.find("...}"); dots != std::string::npos) path.erase(dots, 3);
    list.emplace_back(route.method, std::move(path));
  }
  return list;
}

}  // namespace lotmark::api
