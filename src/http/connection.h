// One client's connection: reads requests one after the other, asks the handler, writes the responses in order.
//
// Runs as one coroutine on the I/O thread. There is no timer per connection: each step sets a deadline, and the server
// sweeps over all connections a few times a second; one that is past its deadline has its pending operation cancelled.
//
// With TLS the same steps go through a TlsStream; without, that is a null pointer, and nothing is slower for it.
//
// Invariant: while idle (no byte of a request received) it holds no buffer.
// Lifetime: the coroutine owns it; responders hold it weakly, so a client may go away at any time.
//
// Coroutines here keep every lambda, aggregate and temporary out of the expressions that hold a co_await: GCC 12
// destroys some of them twice.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>

#include "http/read_ahead.h"
#include "http/request_parser.h"
#include "http/response_head.h"
#include "http/server_state.h"
#include "http/tls_stream.h"

namespace lotmark::http {

class Connection : public std::enable_shared_from_this<Connection> {
 public:
  using Clock = std::chrono::steady_clock;

  // Joins `state.connections`; `state` must outlive this.
  Connection(boost::asio::ip::tcp::socket socket, ServerState& state);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // Starts serving requests until the client or a drain ends it.
  void Start();
  // Starts answering `response` to whatever the client wants, and closing. Counts in `state.refusing` from now on.
  void StartRefusing(Response response);
  // Bytes of a request are there, or of a TLS handshake.
  bool HasUnreadBytes();

  // Of the sweep: cancels what is pending when the deadline has passed.
  void Expire(Clock::time_point now);
  // The server stops: ends this when idle, hurries it when lingering; a request in flight goes on.
  void BeginDrain();
  // Nothing is left to drain but clients that are being refused: they have this long to read why.
  void Hurry();
  // The server's patience is over. Returns true when a request was left unanswered.
  bool Abandon();
  // The handler's answer to the present request.
  void Deliver(Response response);
  // What the coroutine waits for, besides the socket, has come.
  void Wake() { woken_.cancel(); }

 private:
  enum class Next { kAnotherRequest, kClose };

  boost::asio::awaitable<void> Run();
  boost::asio::awaitable<bool> ShakeHands();
  boost::asio::awaitable<void> RefuseNew(Response response);
  boost::asio::awaitable<void> Refuse(Response response);
  boost::asio::awaitable<bool> WaitForRequest();
  boost::asio::awaitable<Next> ServeOne();
  boost::asio::awaitable<bool> Receive(RequestParser& parser);
  boost::asio::awaitable<bool> ReadMore(RequestParser& parser);
  boost::asio::awaitable<void> Ask(Request request);
  boost::asio::awaitable<bool> Send(const Response& response, AfterResponse after, bool head_only);
  boost::asio::awaitable<bool> SendStream(const Response& response, AfterResponse after);
  boost::asio::awaitable<bool> SendPieces(std::string_view front, Result<ByteView> piece, ReadAhead& ahead);
  boost::asio::awaitable<bool> SendFile(std::shared_ptr<BodySource> source, uint64_t begin);
  boost::asio::awaitable<Result<ByteView>> NextPiece(ReadAhead& ahead);
  std::shared_ptr<ReadAhead> StartReading(std::shared_ptr<BodySource> source, uint64_t begin, uint64_t end);
  std::function<void()> Waker();
  boost::asio::awaitable<bool> Write(std::string_view first, std::string_view second);
  boost::asio::awaitable<void> Linger();

  void FeedParser(RequestParser& parser);
  void Arm(std::chrono::milliseconds patience);
  void Disarm() { deadline_ = Clock::time_point::max(); }
  void BeginRefusing();
  void SetBodyBytes(size_t count);
  AfterResponse After(bool client_keeps_alive) const;

  boost::asio::ip::tcp::socket socket_;
  std::unique_ptr<TlsStream> tls_;  // null without TLS
  ServerState& state_;
  std::string client_;
  boost::beast::flat_buffer buffer_;
  std::optional<Response> response_;
  boost::asio::steady_timer woken_;  // never expires; cancelled to wake the coroutine
  Clock::time_point deadline_ = Clock::time_point::max();
  size_t body_bytes_ = 0;  // counted in state_.buffered_bytes
  bool expired_ = false;
  bool idle_ = false;
  bool lingering_ = false;
  bool refusing_ = false;  // counted in state_.refusing
  bool abandoned_ = false;
  bool unanswered_ = false;  // a request has begun to arrive and its response is not written
};

}  // namespace lotmark::http
