#include "http/listener.h"

#include <fcntl.h>
#include <unistd.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <ctime>
#include <memory>
#include <new>
#include <utility>

#include "base/encoding.h"
#include "http/connection.h"
#include "http/refusals.h"
#include "http/response_head.h"

namespace lotmark::http {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);
constexpr std::chrono::milliseconds kPause{100};
// Connections beyond the maximum that may wait for their 503 to be read; those beyond that are just closed.
constexpr size_t kMaxRefusing = 32;
// Between two looks at the connections that are there already, so that a flood of new ones cannot starve those.
constexpr int kAcceptBatch = 64;
constexpr int kAcceptOnClose = 4096;

int OpenSpare() { return ::open("/dev/null", O_RDONLY | O_CLOEXEC); }

bool IsNoDescriptor(const error_code& error) {
  return error == asio::error::no_descriptors || error == boost::system::errc::too_many_files_open_in_system ||
         error == boost::system::errc::no_buffer_space || error == boost::system::errc::not_enough_memory;
}

}  // namespace

Listener::Listener(ServerState& state) : state_(state), acceptor_(*state.io), pause_(*state.io), spare_(OpenSpare()) {}

Listener::~Listener() {
  if (spare_ >= 0) ::close(spare_);
}

Result<std::unique_ptr<Listener>> Listener::Open(const std::string& host, uint16_t port, ServerState& state) {
  error_code error;
  const auto address = asio::ip::make_address(host, error);
  if (error) return Refused("listen address: " + Printable(host) + ": not an IP address");

  std::unique_ptr<Listener> listener(new Listener(state));
  auto& acceptor = listener->acceptor_;
  const tcp::endpoint endpoint(address, port);
  acceptor.open(endpoint.protocol(), error);
  if (!error) acceptor.set_option(tcp::acceptor::reuse_address(true), error);
  if (!error) acceptor.bind(endpoint, error);
  if (!error) acceptor.listen(tcp::acceptor::max_listen_connections, error);
  if (!error) acceptor.non_blocking(true, error);
  if (error) return MachineFailed("listen: " + host + ":" + std::to_string(port) + ": " + error.message());
  listener->port_ = acceptor.local_endpoint(error).port();
  return listener;
}

void Listener::Start() { asio::co_spawn(*state_.io, Run(), asio::detached); }

void Listener::BeginRefusing() {
  AcceptUpTo(kAcceptOnClose);
  refuses_all_ = true;
}

void Listener::Close() {
  if (std::exchange(closed_, true)) return;
  AcceptUpTo(kAcceptOnClose);
  error_code ignored;
  acceptor_.close(ignored);
  pause_.cancel();
}

asio::awaitable<void> Listener::Run() {
  while (acceptor_.is_open()) {
    // Waiting first, not accepting first: with no descriptor left accept() fails even when nobody waits.
    const auto [error] = co_await acceptor_.async_wait(tcp::acceptor::wait_read, kAwait);
    if (!acceptor_.is_open()) break;
    out_of_descriptors_ = false;
    if (!error) AcceptUpTo(kAcceptBatch);
    if (error || out_of_descriptors_) {
      pause_.expires_after(kPause);
      co_await pause_.async_wait(kAwait);
    }
  }
}

void Listener::AcceptUpTo(int count) {
  Accepted accepted = Accepted::kOne;
  while (accepted == Accepted::kOne && count-- > 0) accepted = AcceptOne();
  out_of_descriptors_ = accepted == Accepted::kNoDescriptor;
}

Listener::Accepted Listener::AcceptOne() {
  error_code error;
  tcp::socket socket(*state_.io);
  acceptor_.accept(socket, error);
  if (!error) {
    Take(std::move(socket));
    return Accepted::kOne;
  }
  if (error == asio::error::would_block || error == asio::error::try_again) return Accepted::kNoneWaiting;
  if (IsNoDescriptor(error)) return RefuseOneWithSpare() ? Accepted::kOne : Accepted::kNoDescriptor;
  // A client that went away while it waited; the next one may be fine.
  return error == asio::error::connection_aborted ? Accepted::kOne : Accepted::kNoneWaiting;
}

void Listener::Take(tcp::socket socket) {
  const bool room = state_.connections.size() < state_.max_connections;
  if ((refuses_all_ || !room) && state_.refusing >= kMaxRefusing) return RefuseAtOnce(socket);
  error_code ignored;
  socket.set_option(tcp::no_delay(true), ignored);
  std::shared_ptr<Connection> connection;
  try {
    connection = std::make_shared<Connection>(std::move(socket), state_);
  } catch (const std::bad_alloc&) {
    return;  // this client gets no answer; the listener goes on
  }
  if (refuses_all_ || (state_.draining && !connection->HasUnreadBytes())) {
    connection->StartRefusing(Draining());
  } else if (!room) {
    connection->StartRefusing(TooManyConnections());
  } else {
    connection->Start();
  }
}

// Without waiting: a fresh socket has room for these few bytes. With TLS the client would have to wait for a handshake;
// it sees the connection end.
void Listener::RefuseAtOnce(tcp::socket& socket) {
  if (state_.draining) ++state_.drained.refused;
  if (state_.tls) return;
  const Response response = state_.draining ? Draining() : TooManyConnections();
  const std::string text =
      FormatHead(response, response.body.size(), AfterResponse::kClose, std::time(nullptr)) + response.body;
  error_code ignored;
  socket.non_blocking(true, ignored);
  socket.write_some(asio::buffer(text), ignored);
  socket.shutdown(tcp::socket::shutdown_send, ignored);
}

// False when not even that was possible, or when nobody waits.
bool Listener::RefuseOneWithSpare() {
  if (spare_ < 0) {
    spare_ = OpenSpare();
    return false;
  }
  ::close(spare_);
  error_code error;
  tcp::socket socket(*state_.io);
  acceptor_.accept(socket, error);
  if (!error) RefuseAtOnce(socket);
  error_code ignored;
  socket.close(ignored);
  spare_ = OpenSpare();
  return !error;
}

}  // namespace lotmark::http
