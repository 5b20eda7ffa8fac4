// What all connections of one server share: its settings, its counts, the way to the handler.
//
// Thread safety: none; used on the I/O thread only.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <unordered_set>

#include <boost/asio/io_context.hpp>
#include <boost/asio/thread_pool.hpp>

#include "http/handler.h"
#include "http/limits.h"
#include "http/server.h"
#include "http/tls_context.h"

namespace lotmark::http {

class Connection;

struct ServerState {
  // Shared with the responders that are out, which may outlive the server.
  std::shared_ptr<boost::asio::io_context> io = std::make_shared<boost::asio::io_context>(1);
  boost::asio::thread_pool readers{2};  // for streamed bodies: one slow disk read does not hold up all the others
  Limits limits;
  Handler handler;
  std::function<void(Response&)> on_refusal;
  size_t max_connections = 0;
  std::shared_ptr<const TlsContext> tls;  // of connections to come; null without TLS
  std::function<void()> on_connection_gone;

  std::unordered_set<Connection*> connections;
  size_t refusing = 0;        // those of `connections` that get a refusal and nothing else
  size_t buffered_bytes = 0;  // of all request bodies, received and not yet answered
  size_t streams = 0;         // responses being streamed
  bool draining = false;
  Server::DrainReport drained;
};

}  // namespace lotmark::http
