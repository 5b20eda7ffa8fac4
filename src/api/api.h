// The HTTP API of a service (doc/http-api.md): translates requests into calls of the rooms below, and answers back.
//
// Thread safety: the handler may be called on any thread and never blocks it.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>

#include "http/server.h"
#include "records/database.h"
#include "records/writer.h"
#include "serve/classify_service.h"
#include "serve/metrics.h"
#include "serve/model_keeper.h"
#include "store/reader.h"

namespace lotmark::api {

// What the API stands on. Everything referred to must outlive it.
struct Backend {
  serve::ClassifyService& classifications;
  const serve::ModelKeeper& keeper;
  const records::Writer& writer;
  serve::Metrics& metrics;
  const store::Reader& volume;
  records::Database& records;  // used by the API's own read thread alone
  std::string replica;
  // Tells of requests that failed for reasons that the caller is not told (a disk that is full, a database that is
  // gone).
  std::function<void(const std::string& what)> log_failure;
};

class Api {
 public:
  explicit Api(Backend backend);
  ~Api();  // waits for reads in progress

  http::Handler handler();

  // From now on /health/ready says 503, so that a load balancer looks elsewhere.
  void BeginDraining();

 private:
  class Routes;
  std::shared_ptr<Routes> routes_;
};

}  // namespace lotmark::api
