// Takes new connections, and refuses them cleanly when there are too many or the process has no file descriptor left.
//
// Why a spare descriptor: with none left, accept() fails while the client stays in the queue, and a loop that tries
// again at once burns a core. So one descriptor is kept aside; it is given up for the moment that it takes to accept
// that client, tell it 503, and close.
//
// Thread safety: none; used on the I/O thread only (Open before that thread starts).
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <memory>

#include "base/result.h"
#include "http/server_state.h"

namespace lotmark::http {

class Listener {
 public:
  // Binds and listens. kRefused: `host` is not an address; kMachine: the port is taken or not allowed.
  // `state` must outlive this.
  static Result<std::unique_ptr<Listener>> Open(const std::string& host, uint16_t port, ServerState& state);
  ~Listener();
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  uint16_t port() const { return port_; }
  void Start();
  // Takes the clients that had connected when the drain began, who may have sent a request. Those who come after them
  // are refused until Close. REQUIRES: the server drains.
  void BeginRefusing();
  // Takes what clients have already connected, then listens no more. A second call does nothing.
  void Close();

 private:
  explicit Listener(ServerState& state);

  enum class Accepted { kOne, kNoneWaiting, kNoDescriptor };
  boost::asio::awaitable<void> Run();
  void AcceptUpTo(int count);
  Accepted AcceptOne();
  void Take(boost::asio::ip::tcp::socket socket);
  void RefuseAtOnce(boost::asio::ip::tcp::socket& socket);
  bool RefuseOneWithSpare();

  ServerState& state_;
  boost::asio::ip::tcp::acceptor acceptor_;
  boost::asio::steady_timer pause_;
  int spare_ = -1;
  bool out_of_descriptors_ = false;
  bool refuses_all_ = false;
  bool closed_ = false;
  uint16_t port_ = 0;
};

}  // namespace lotmark::http
