#include "http/refusals.h"

namespace lotmark::http {
namespace {

Response ComeBack(std::string_view code, std::string_view message) {
  Response response = ErrorResponse(503, code, message);
  response.headers.emplace_back("Retry-After", "1");
  return response;
}

}  // namespace

Response TooManyConnections() {
  return ComeBack("too_many_connections", "server: too many connections: try again later");
}
Response TooManyBodies() { return ComeBack("overloaded", "server: too many request bodies at once: try again later"); }
Response TooManyStreams() { return ComeBack("overloaded", "server: too many downloads at once: try again later"); }
Response Draining() { return ComeBack("draining", "server: it is about to end: ask another one, or try again later"); }
Response TlsRequired() { return ErrorResponse(400, "tls_required", "server: this port speaks TLS: use https"); }

}  // namespace lotmark::http
