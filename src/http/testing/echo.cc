#include "http/testing/echo.h"

#include <cstdio>
#include <cstdlib>

namespace lotmark::http::testing {
namespace {

template <typename T>
T OrAbort(Result<T> result) {
  if (!result) {
    std::fprintf(stderr, "%s\n", result.error().text.c_str());
    std::abort();
  }
  return std::move(result).value();
}

}  // namespace

void Echo(const Request& request, const Responder& respond) {
  const std::string text = request.method + " " + request.path + "?" + request.query + " " + request.body;
  respond({.status = 200, .content_type = "text/plain", .headers = {}, .body = text});
}

std::unique_ptr<Server> StartServer(Handler handler, Options options) {
  options.port = 0;
  return OrAbort(Server::Start(options, std::move(handler)));
}

Client ConnectTo(const Server& server) { return OrAbort(Client::Connect(server.port())); }

}  // namespace lotmark::http::testing
