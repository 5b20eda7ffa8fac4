// A bounded HTTP/1.1 server: Boost.Beast inside, none of it outside.
//
// The server reads a whole request within its limits, hands it to the handler, and writes the response that the handler
// gives, from whatever thread, to the Responder. What clients do wrong (too large, too slow, malformed) is answered
// here with a 4xx and never reaches the handler.
//
// Thread safety: Stop and the Responder may be called from any thread; the handler is called on an I/O thread and must
// not block (it queues the work).
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace lotmark::http {

struct Limits {
  size_t max_body_bytes = 16u << 20;
  size_t max_header_bytes = 16u << 10;  // all header lines together, and the request line
  size_t max_header_count = 64;
  std::chrono::milliseconds header_timeout{10'000};  // from the first byte of a request to the end of its header
  std::chrono::milliseconds body_timeout{30'000};
  std::chrono::milliseconds idle_timeout{120'000};  // between requests of one connection
  std::chrono::milliseconds write_timeout{60'000};
};

struct Request {
  std::string method;  // "GET"
  std::string target;  // as sent: path and query
  std::string path;    // percent-decoded exactly once; kRefused inputs (NUL, bad escapes, "..") never get here
  std::string query;   // after '?', undecoded
  std::vector<std::pair<std::string, std::string>> headers;  // names in lower case
  std::string body;
  std::string client;  // "127.0.0.1:51234"

  // The first header of this (lower-case) name, or "".
  std::string_view header(std::string_view name) const;
};

struct Response {
  int status = 200;
  std::string content_type = "application/json";
  std::vector<std::pair<std::string, std::string>> headers;  // besides content type, length, date and connection
  std::string body;
};

// One response to one request. Dropped without a call = 500 is sent, so that no client waits for ever.
using Responder = std::function<void(Response)>;
using Handler = std::function<void(Request, Responder)>;

struct Options {
  std::string host = "127.0.0.1";  // a literal address
  uint16_t port = 8090;            // 0 = any free one; see Server::port()
  Limits limits;
};

class Server {
 public:
  // Binds, listens and starts the I/O thread. kRefused: not an address; kMachine: the port is taken or not allowed.
  static Result<std::unique_ptr<Server>> Start(const Options& options, Handler handler);

  virtual ~Server() = default;  // as Stop with no patience
  virtual uint16_t port() const = 0;

  struct DrainReport {
    size_t finished = 0;   // requests that were in flight and got their answer
    size_t abandoned = 0;  // requests still unanswered at the deadline
  };
  // Stops accepting, lets requests in flight finish (their replies say `Connection: close`), closes idle connections,
  // and returns when all is done or the deadline has passed.
  virtual DrainReport Stop(std::chrono::milliseconds deadline) = 0;
};

}  // namespace lotmark::http
