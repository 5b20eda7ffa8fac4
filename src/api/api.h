// The HTTP API of a service (doc/http-api.md): translates requests into calls of the rooms below, and answers back.
//
// Thread safety: the handler may be called on any thread and never blocks it.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "api/exchange.h"
#include "classify/decode_memory.h"
#include "http/server.h"
#include "records/database.h"
#include "records/writer.h"
#include "serve/classify_service.h"
#include "serve/metrics.h"
#include "serve/model_keeper.h"
#include "store/reader.h"

namespace lotmark::api {

// What the API stands on. Everything referred to must outlive it, but `classifications` and `keeper` need to live only
// as long as the server.
struct Backend {
  serve::ClassifyService& classifications;
  const serve::ModelKeeper& keeper;
  const records::Writer& writer;
  serve::Metrics& metrics;
  const store::Reader& volume;
  records::Database& records;  // used by the API's own read thread alone
  std::string replica;
  // What the log is told; called on any thread. log_request: of every classification and of every request that failed,
  // when it is answered. log_failure: of what failed after the answer had begun.
  std::function<void(const RequestLine&)> log_request;
  std::function<void(const std::string& what)> log_failure;
  std::function<uint64_t()> log_dropped = [] { return uint64_t{0}; };  // lines that the log had to drop
  const classify::DecodeMemory* decode_memory = nullptr;               // for its figures; nullptr = none is shared
};

class Api {
 public:
  explicit Api(Backend backend);
  // Waits for reads in progress; later ones are refused. REQUIRES: no handler runs any more (the server is gone), and
  // no classification that came through it is unanswered (the service has drained).
  ~Api();
  Api(const Api&) = delete;
  Api& operator=(const Api&) = delete;

  http::Handler handler();
  // For answers that the HTTP server gives without asking the handler (http::Options::on_refusal): they get a request
  // id and a trace as all others, are counted and told to the log.
  std::function<void(http::Response&)> on_refusal();

  // From now on /health/ready says 503, so that a load balancer looks elsewhere.
  void BeginDraining();

  // Method and path of every route as OpenAPI writes them, which has no `{name...}`: what openapi.json has to describe.
  static std::vector<std::pair<std::string, std::string>> RouteList();

 private:
  class Routes;
  // Responders out in other threads share it; the last of them may go on any thread.
  std::shared_ptr<Routes> routes_;
};

}  // namespace lotmark::api
