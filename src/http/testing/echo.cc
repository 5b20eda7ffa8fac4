#include "http/testing/echo.h"

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "http/testing/identity.h"

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

bool OverTls() {
  const char* const transport = std::getenv("LOTMARK_TEST_TRANSPORT");
  return transport != nullptr && std::string_view(transport) == "tls";
}

std::shared_ptr<const TlsContext> TestCertificate() {
  return OverTls() ? OrAbort(TlsContext::Make(MakeIdentity())) : nullptr;
}

std::unique_ptr<Server> StartServer(Handler handler, Options options) {
  std::signal(SIGPIPE, SIG_IGN);  // of clients over TLS: OpenSSL writes to a socket that the server may have closed
  options.port = 0;
  if (!options.tls) options.tls = TestCertificate();
  return OrAbort(Server::Start(options, std::move(handler)));
}

Client ConnectTo(const Server& server) {
  return OrAbort(OverTls() ? Client::ConnectTls(server.port()) : Client::Connect(server.port()));
}

}  // namespace lotmark::http::testing
