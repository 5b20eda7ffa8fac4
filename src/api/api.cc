#include "api/api.h"

#include "api/classify_request.h"
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

  http::Handler Handler() {
    http::Router router;
    const auto add = [&](const char* method, const char* pattern,
                         void (Routes::*route)(http::Request, const Params&, http::Responder)) {
      router.Add(method, pattern,
                 [self = shared_from_this(), pattern, route](http::Request request, const Params& params,
                                                             http::Responder respond) {
                   (self.get()->*route)(std::move(request), params, self->Counted(pattern, std::move(respond)));
                 });
    };
    add("POST", "/classify", &Routes::Classify);
    add("GET", "/health", &Routes::Health);
    add("GET", "/health/live", &Routes::Live);
    add("GET", "/health/ready", &Routes::Ready);
    add("GET", "/metrics", &Routes::Metrics);
    add("GET", "/openapi.json", &Routes::OpenApi);
    add("GET", "/classifications/{id}", &Routes::Classification);
    add("GET", "/models", &Routes::Models);
    add("GET", "/models/{name}/versions/{version}", &Routes::Manifest);
    return router.AsHandler();
  }

  void BeginDraining() { draining_ = true; }

 private:
  using Params = http::PathParams;

  // Counts the response under its route's pattern: a pattern is a bounded set of labels, a path is not.
  http::Responder Counted(const char* pattern, http::Responder respond) {
    return [self = shared_from_this(), pattern, respond = std::move(respond)](http::Response response) {
      self->backend_.metrics.CountHttpResponse(pattern, response.status);
      respond(std::move(response));
    };
  }

  http::Response Failure(const Error& error, int refused_status) const {
    http::Response response = ErrorResponseFor(error, refused_status);
    if (response.status >= 500 && error.code != ErrorCode::kBusy) backend_.log_failure(error.text);
    return response;
  }

  // Runs `read` on the read thread and answers with what it returns.
  void Read(http::Responder respond, std::function<Result<http::Response>()> read) {
    const auto shared_respond = std::make_shared<http::Responder>(std::move(respond));
    const bool posted = reads_.Post([this, shared_respond, read = std::move(read)] {
      Result<http::Response> response = read();
      (*shared_respond)(response ? std::move(*response) : Failure(response.error(), 400));
    });
    if (!posted) (*shared_respond)(ErrorResponseFor(Error{ErrorCode::kBusy, "too many reads are waiting"}, 400));
  }

  void Classify(http::Request request, const Params&, http::Responder respond) {
    auto parsed = ReadClassifyRequest(std::move(request));
    if (!parsed) return respond(ErrorResponseFor(parsed.error(), 400));
    backend_.classifications.Submit(std::move(*parsed), [self = shared_from_this(), respond = std::move(respond)](
                                                            Result<serve::ClassifyReply> reply) {
      respond(reply ? JsonResponse(ClassificationReply(reply->row, reply->replayed))
                    : self->Failure(reply.error(), 422));
    });
  }

  void Health(http::Request, const Params&, http::Responder respond) {
    respond(JsonResponse(HealthReport(backend_.keeper.state(), backend_.replica, draining_)));
  }

  void Live(http::Request, const Params&, http::Responder respond) { respond(JsonResponse(Json{{"live", true}})); }

  void Ready(http::Request, const Params&, http::Responder respond) {
    respond(JsonResponse(Json{{"ready", !draining_}}, draining_ ? 503 : 200));
  }

  void Metrics(http::Request, const Params&, http::Responder respond) {
    http::Response response;
    response.content_type = "text/plain; version=0.0.4; charset=utf-8";
    response.body =
        backend_.metrics.Render(backend_.keeper.state(), backend_.classifications.queued(), backend_.writer.stats());
    respond(std::move(response));
  }

  void OpenApi(http::Request, const Params&, http::Responder respond) {
    http::Response response;
    response.body = OpenApiJson();
    respond(std::move(response));
  }

  void Classification(http::Request, const Params& params, http::Responder respond) {
    const auto id = Uuid::Parse(params["id"]);
    if (!id) return respond(ErrorResponseFor(id.error(), 400));
    Read(std::move(respond), [this, id = *id]() -> Result<http::Response> {
      LOTMARK_ASSIGN_OR_RETURN(const auto row, backend_.records.FindClassification(id));
      if (!row) return NotFound("no classification has the id " + id.text());
      return JsonResponse(FullRow(*row));
    });
  }

  void Models(http::Request, const Params&, http::Responder respond) {
    Read(std::move(respond), [this]() -> Result<http::Response> {
      LOTMARK_ASSIGN_OR_RETURN(const auto names, backend_.volume.ListModels());
      Json models = Json::array();
      for (const ModelName& name : names) {
        LOTMARK_ASSIGN_OR_RETURN(const auto versions, store::ListRegistered(backend_.volume, name));
        Json list = Json::array();
        for (const auto& version : versions) {
          list.push_back({{"version", version.version.text()},
                          {"state", store::VersionStateName(version.state)},
                          {"manifest_sha256", version.manifest_sha256.hex()}});
        }
        models.push_back({{"model_name", name.text()}, {"versions", std::move(list)}});
      }
      return JsonResponse(Json{{"models", std::move(models)}});
    });
  }

  // The manifest's exact bytes: their SHA-256 is the version's identity, and the ETag.
  void Manifest(http::Request, const Params& params, http::Responder respond) {
    const auto name = ModelName::Parse(params["name"]);
    if (!name) return respond(ErrorResponseFor(name.error(), 400));
    const auto version = Version::Parse(params["version"]);
    if (!version) return respond(ErrorResponseFor(version.error(), 400));
    Read(std::move(respond), [this, name = *name, version = *version]() -> Result<http::Response> {
      LOTMARK_ASSIGN_OR_RETURN(const auto opened, backend_.volume.OpenVersion(name, version));
      http::Response response;
      response.headers.emplace_back("ETag", '"' + opened.manifest.digest().hex() + '"');
      response.body = opened.manifest.bytes();
      return response;
    });
  }

  const Backend backend_;
  std::atomic<bool> draining_{false};
  ReadThread reads_;
};

Api::Api(Backend backend) : routes_(std::make_shared<Routes>(std::move(backend))) {}
Api::~Api() = default;

http::Handler Api::handler() { return routes_->Handler(); }
void Api::BeginDraining() { routes_->BeginDraining(); }

}  // namespace lotmark::api
