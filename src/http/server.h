// A bounded HTTP/1.1 server: Boost.Asio and Beast inside, none of them outside.
//
// The server reads a whole request within its limits, hands it to the handler, and writes the response that the handler
// gives, from whatever thread, to the Responder. What clients do wrong (too large, too slow, malformed) is answered
// here with a 4xx and never reaches the handler. Requests that a client sends ahead (pipelining) are answered in order,
// one at a time.
//
// One I/O thread serves all connections: an idle one costs a socket, a coroutine frame and nothing else.
//
// Thread safety: Apply, Stop and the Responder may be called from any thread; the handler is called on the I/O thread
// and must not block (it queues the work) nor throw.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/result.h"
#include "http/handler.h"
#include "http/limits.h"
#include "http/tls_context.h"

namespace lotmark::http {

struct Options {
  std::string host = "127.0.0.1";  // a literal address, IPv4 or IPv6
  uint16_t port = 8090;            // 0 = any free one; see Server::port()
  // Beyond this, connections are answered 503 and closed. 0 = what the process's limit of open files allows, less a
  // reserve for everything else.
  size_t max_connections = 0;
  Limits limits;
  // Looks at, and may add headers to, each answer to a request that the server gives by itself: to what is malformed,
  // too large or too slow, or too much at once, and in place of a handler's answer that cannot be sent. Not of
  // connections beyond the maximum, whose request is never read. Called on the I/O thread; must not block or throw.
  std::function<void(Response&)> on_refusal = [](Response&) {};
  std::shared_ptr<const TlsContext> tls = {};  // null = plain HTTP
};

class Server {
 public:
  // Binds, listens and starts the I/O thread. kRefused: not an address; kMachine: the port is taken or not allowed.
  static Result<std::unique_ptr<Server>> Start(const Options& options, Handler handler);

  virtual ~Server() = default;  // as Stop with no patience
  virtual uint16_t port() const = 0;

  // New limits, maximum and certificate; host and port stay. Connections that are there keep their certificate, and
  // what they wait for now keeps its timeout. When this returns, it holds for every connection that comes.
  // REQUIRES: options.tls is null if and only if it was at the start; not called on the I/O thread.
  virtual void Apply(const Options& options) = 0;

  struct DrainReport {
    size_t finished = 0;   // requests that were in flight and got their answer
    size_t abandoned = 0;  // requests still unanswered at the deadline
    size_t refused = 0;    // connections that came meanwhile
  };
  // Lets requests in flight finish (their replies say `Connection: close`), closes idle connections, answers 503 to
  // connections that come meanwhile, and returns when all is done or the deadline has passed. In flight = its first
  // byte has reached this machine (with TLS: the first byte after the handshake).
  // A second call returns an empty report. REQUIRES: not called on the I/O thread.
  virtual DrainReport Stop(std::chrono::milliseconds deadline) = 0;
};

}  // namespace lotmark::http
