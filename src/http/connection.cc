#include "http/connection.h"

#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <ctime>
#include <exception>

#include "http/file_sender.h"
#include "http/refusals.h"
#include "http/responder.h"

namespace lotmark::http {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);

constexpr size_t kHeaderReadBytes = 4096;
constexpr size_t kBodyReadBytes = 64 * 1024;
// How long a closing connection waits for the client to read the response and close too. Without it, bytes that the
// client still sends would reset the connection and could destroy the response before it was read.
constexpr std::chrono::milliseconds kLinger{5'000};
constexpr std::chrono::milliseconds kLingerWhileDraining{300};
// A client that is refused while nothing else is left to drain.
constexpr std::chrono::milliseconds kHurry{1'000};

std::string ClientName(const tcp::socket& socket) {
  error_code error;
  const tcp::endpoint peer = socket.remote_endpoint(error);
  if (error) return "unknown";
  const auto address = peer.address();
  const std::string host = address.is_v6() ? "[" + address.to_string() + "]" : address.to_string();
  return host + ":" + std::to_string(peer.port());
}

// Counts one in a number for as long as it lives.
class StreamCount {
 public:
  explicit StreamCount(size_t& count) : count_(count) { ++count_; }
  ~StreamCount() { --count_; }
  StreamCount(const StreamCount&) = delete;
  StreamCount& operator=(const StreamCount&) = delete;

 private:
  size_t& count_;
};

std::string_view View(const boost::beast::flat_buffer& buffer) {
  const auto data = buffer.data();
  return {static_cast<const char*>(data.data()), data.size()};
}

}  // namespace

Connection::Connection(tcp::socket socket, ServerState& state)
    : socket_(std::move(socket)),
      state_(state),
      client_(ClientName(socket_)),
      woken_(*state.io, Clock::time_point::max()) {
  if (state_.tls) tls_ = std::make_unique<TlsStream>(socket_, *state_.tls);
  state_.connections.insert(this);
}

Connection::~Connection() {
  SetBodyBytes(0);
  state_.connections.erase(this);
  if (refusing_) --state_.refusing;
  if (state_.on_connection_gone) state_.on_connection_gone();
}

void Connection::Start() {
  // An exception (no memory) ends this connection and no other.
  const auto done = [self = shared_from_this()](std::exception_ptr) {};
  asio::co_spawn(*state_.io, Run(), done);
}

void Connection::BeginRefusing() {
  refusing_ = true;
  ++state_.refusing;
  if (state_.draining) ++state_.drained.refused;
}

void Connection::StartRefusing(Response response) {
  BeginRefusing();
  const auto done = [self = shared_from_this()](std::exception_ptr) {};
  asio::co_spawn(*state_.io, RefuseNew(std::move(response)), done);
}

void Connection::Expire(Clock::time_point now) {
  if (now < deadline_) return;
  expired_ = true;
  error_code ignored;
  socket_.cancel(ignored);
}

void Connection::BeginDrain() {
  if (idle_) {
    error_code ignored;
    socket_.cancel(ignored);
    Arm(kLingerWhileDraining);  // half a TLS record may have ended the wait before that, and begun another
  } else if (lingering_) {
    Arm(kLingerWhileDraining);
  }
}

void Connection::Hurry() {
  const auto latest = Clock::now() + kHurry;
  if (refusing_ && deadline_ > latest) deadline_ = latest;
}

bool Connection::Abandon() {
  abandoned_ = true;
  error_code ignored;
  socket_.close(ignored);
  Wake();
  return unanswered_;
}

void Connection::Deliver(Response response) {
  response_ = std::move(response);
  Wake();
}

void Connection::Arm(std::chrono::milliseconds patience) {
  expired_ = false;
  deadline_ = Clock::now() + patience;
}

bool Connection::HasUnreadBytes() {
  if (tls_ && tls_->HasBytes()) return true;
  error_code error;
  return socket_.available(error) > 0 && !error;
}

void Connection::SetBodyBytes(size_t count) {
  state_.buffered_bytes += count - body_bytes_;
  body_bytes_ = count;
}

AfterResponse Connection::After(bool client_keeps_alive) const {
  return client_keeps_alive && !state_.draining ? AfterResponse::kKeepOpen : AfterResponse::kClose;
}

asio::awaitable<void> Connection::Run() {
  if (tls_) {
    const bool agreed = co_await ShakeHands();
    if (!agreed) co_return;
    if (state_.draining && !HasUnreadBytes()) {
      BeginRefusing();
      Response refusal = Draining();
      co_await Refuse(std::move(refusal));
      co_return;
    }
  }
  Next next = Next::kAnotherRequest;
  while (next == Next::kAnotherRequest) {
    const bool begun = co_await WaitForRequest();
    if (!begun) {
      if (tls_) tls_->SendCloseNotify();
      co_return;
    }
    next = co_await ServeOne();
  }
}

// False when the connection is done with.
asio::awaitable<bool> Connection::ShakeHands() {
  Arm(state_.limits.handshake_timeout);
  const TlsStream::Hello hello = co_await tls_->Handshake();
  if (hello == TlsStream::Hello::kDone) co_return !abandoned_;
  if (hello == TlsStream::Hello::kPlainHttp && !abandoned_ && !expired_) {
    tls_.reset();
    Response refusal = TlsRequired();
    co_await Refuse(std::move(refusal));
  }
  co_return false;
}

asio::awaitable<void> Connection::RefuseNew(Response response) {
  if (tls_) {
    const bool agreed = co_await ShakeHands();
    if (!agreed) co_return;
  }
  co_await Refuse(std::move(response));
}

asio::awaitable<void> Connection::Refuse(Response response) {
  const bool sent = co_await Send(response, AfterResponse::kClose, false);
  if (sent) co_await Linger();
}

// True when bytes of a request are there.
asio::awaitable<bool> Connection::WaitForRequest() {
  if (buffer_.size() > 0) co_return true;
  buffer_.clear();
  buffer_.shrink_to_fit();
  if (state_.draining) co_return HasUnreadBytes();

  Arm(state_.limits.idle_timeout);
  idle_ = true;
  error_code error;
  if (tls_) {
    error = co_await tls_->WaitForData();
  } else {
    const auto [waited] = co_await socket_.async_wait(tcp::socket::wait_read, kAwait);
    error = waited;
  }
  idle_ = false;
  if (abandoned_ || expired_) co_return false;
  co_return !error || (state_.draining && HasUnreadBytes());
}

asio::awaitable<Connection::Next> Connection::ServeOne() {
  RequestParser parser(state_.limits);
  const bool received = co_await Receive(parser);
  if (!received) co_return Next::kClose;

  response_.reset();
  if (parser.progress() == RequestParser::Progress::kRefused) {
    response_ = parser.TakeRefusal();
    state_.on_refusal(*response_);
  } else {
    Request request = parser.TakeRequest();
    co_await Ask(std::move(request));
    if (!response_) co_return Next::kClose;
  }
  const AfterResponse after = After(parser.keep_alive());
  const bool sent = co_await Send(*response_, after, parser.head_only());
  response_.reset();
  SetBodyBytes(0);
  if (!sent) co_return Next::kClose;

  unanswered_ = false;
  if (state_.draining) ++state_.drained.finished;
  if (after == AfterResponse::kKeepOpen) co_return Next::kAnotherRequest;
  co_await Linger();
  co_return Next::kClose;
}

// True when `parser` is final; false when the client is gone and nobody waits for an answer.
asio::awaitable<bool> Connection::Receive(RequestParser& parser) {
  Arm(state_.limits.header_timeout);
  bool in_body = false;
  for (;;) {
    FeedParser(parser);
    if (parser.final()) break;
    if (!in_body && parser.progress() == RequestParser::Progress::kBody) {
      in_body = true;
      Arm(state_.limits.body_timeout);
      if (parser.wants_continue() && buffer_.size() == 0) {
        const bool sent = co_await Write("HTTP/1.1 100 Continue\r\n\r\n", "");
        if (!sent) co_return false;
      }
    }
    const bool more = co_await ReadMore(parser);
    if (!more) co_return false;
  }
  Disarm();
  co_return true;
}

void Connection::FeedParser(RequestParser& parser) {
  buffer_.consume(parser.Feed(View(buffer_)));
  if (parser.progress() != RequestParser::Progress::kNothing) unanswered_ = true;
  SetBodyBytes(parser.body_bytes());
  if (state_.buffered_bytes > state_.limits.max_buffered_bytes && body_bytes_ > 0) {
    parser.Refuse(TooManyBodies());
    SetBodyBytes(0);
  }
}

// Reads once; a client that is too slow or stops half-way makes `parser` refuse. False when nobody waits for an answer.
asio::awaitable<bool> Connection::ReadMore(RequestParser& parser) {
  const bool in_body = parser.progress() == RequestParser::Progress::kBody;
  const auto space = buffer_.prepare(in_body ? kBodyReadBytes : kHeaderReadBytes);
  TlsStream::Transfer read;
  if (tls_) {
    read = co_await tls_->Read(space);
  } else {
    const auto [error, count] = co_await socket_.async_read_some(space, kAwait);
    read.error = error;
    read.count = count;
  }
  if (abandoned_) co_return false;
  if (!read.error) {
    buffer_.commit(read.count);
    co_return true;
  }
  if (parser.progress() == RequestParser::Progress::kNothing) co_return false;
  if (expired_) {
    parser.Refuse(ErrorResponse(408, "timeout", in_body ? "request body: too slow" : "request header: too slow"));
  } else if (read.error == asio::error::eof) {
    parser.Refuse(ErrorResponse(400, "bad_request", "request: it ends before it is complete"));
  } else {
    co_return false;
  }
  co_return true;
}

// Leaves the handler's answer in `response_`, or nothing when the server's patience is over.
asio::awaitable<void> Connection::Ask(Request request) {
  request.client = client_;
  try {
    state_.handler(std::move(request), MakeResponder(state_.io, weak_from_this()));
  } catch (...) {
    // The responder, dropped while unwinding, has answered 500.
  }
  while (!response_ && !abandoned_) co_await woken_.async_wait(kAwait);
}

asio::awaitable<bool> Connection::Send(const Response& response, AfterResponse after, bool head_only) {
  if (!IsSendable(response)) {
    Response replacement = ErrorResponse(500, "internal", "the answer could not be sent");
    state_.on_refusal(replacement);
    const bool replaced = co_await Send(replacement, after, head_only);
    co_return replaced;
  }
  const bool with_body = !head_only && MayHaveBody(response.status) && response.body_size() > 0;
  if (with_body && response.stream) {
    const bool streamed = co_await SendStream(response, after);
    co_return streamed;
  }
  Arm(state_.limits.write_timeout);
  const std::string head = FormatHead(response, response.body_size(), after, std::time(nullptr));
  const std::string_view body = with_body ? std::string_view(response.body) : std::string_view();
  const bool written = co_await Write(head, body);
  co_return written;
}

std::function<void()> Connection::Waker() {
  return [connection = weak_from_this()] {
    if (const auto alive = connection.lock()) alive->Wake();
  };
}

std::shared_ptr<ReadAhead> Connection::StartReading(std::shared_ptr<BodySource> source, uint64_t begin, uint64_t end) {
  auto ahead = std::make_shared<ReadAhead>(std::move(source), begin, end, state_.readers, *state_.io, Waker());
  ahead->Start();
  return ahead;
}

// The first piece is read before the header is sent: a source that fails at once can still be answered honestly. What
// follows it goes straight from the file where that can be.
asio::awaitable<bool> Connection::SendStream(const Response& response, AfterResponse after) {
  if (state_.streams >= state_.limits.max_streams) {
    Response busy = TooManyStreams();
    state_.on_refusal(busy);
    const bool refused = co_await Send(busy, after, false);
    co_return refused;
  }
  const StreamCount counted(state_.streams);
  const uint64_t size = response.stream->size();
  const uint64_t read = !tls_ && response.stream->file() ? std::min(size, kPieceBytes) : size;
  const std::shared_ptr<ReadAhead> ahead = StartReading(response.stream, 0, read);
  Result<ByteView> piece = co_await NextPiece(*ahead);
  if (!piece) {
    Response failed = ErrorResponse(500, "failed", "the answer could not be read; the service's log says why");
    state_.on_refusal(failed);
    const bool told = co_await Send(failed, after, false);
    co_return told;
  }
  const std::string head = FormatHead(response, response.body_size(), after, std::time(nullptr));
  const bool sent = co_await SendPieces(head, piece, *ahead);
  if (!sent || read == size) co_return sent;
  const bool all = co_await SendFile(response.stream, read);
  co_return all;
}

// `front`, then `piece` and all that follow it.
asio::awaitable<bool> Connection::SendPieces(std::string_view front, Result<ByteView> piece, ReadAhead& ahead) {
  bool sending = !abandoned_;
  for (; sending && piece && !piece->empty(); front = {}) {
    Arm(state_.limits.write_timeout);
    sending = co_await Write(front, AsText(*piece));
    if (!sending) break;
    piece = co_await NextPiece(ahead);
  }
  co_return sending&& piece.has_value() && !abandoned_;
}

asio::awaitable<bool> Connection::SendFile(std::shared_ptr<BodySource> source, uint64_t begin) {
  const auto sender =
      std::make_shared<FileSender>(source, begin, socket_.native_handle(), state_.readers, *state_.io, Waker());
  error_code ignored;
  socket_.native_non_blocking(true, ignored);  // a call that waits for the client would keep a reading thread
  Arm(state_.limits.write_timeout);
  while (!sender->done() && !abandoned_) {
    sender->Start();
    while (sender->busy() && !abandoned_) co_await woken_.async_wait(kAwait);
    if (abandoned_ || sender->outcome() == FileSender::Outcome::kClientGone) co_return false;
    if (sender->outcome() == FileSender::Outcome::kReadInstead) {
      const std::shared_ptr<ReadAhead> ahead = StartReading(source, sender->offset(), source->size());
      Result<ByteView> piece = co_await NextPiece(*ahead);
      const bool sent = co_await SendPieces("", piece, *ahead);
      co_return sent;
    }
    if (sender->outcome() == FileSender::Outcome::kSent) Arm(state_.limits.write_timeout);
    if (sender->done()) break;
    const auto [error] = co_await socket_.async_wait(tcp::socket::wait_write, kAwait);
    if (error) co_return false;
  }
  co_return !abandoned_;
}

asio::awaitable<Result<ByteView>> Connection::NextPiece(ReadAhead& ahead) {
  while (ahead.reading() && !abandoned_) co_await woken_.async_wait(kAwait);
  if (abandoned_) co_return MachineFailed("the server's patience is over");
  co_return ahead.Take();
}

asio::awaitable<bool> Connection::Write(std::string_view first, std::string_view second) {
  if (tls_) {
    const TlsStream::Transfer written = co_await tls_->Write(first, second);
    co_return !written.error && !abandoned_;
  }
  const std::array<asio::const_buffer, 2> pieces = {asio::const_buffer(first.data(), first.size()),
                                                    asio::const_buffer(second.data(), second.size())};
  const auto [error, count] = co_await asio::async_write(socket_, pieces, kAwait);
  co_return !error && !abandoned_;
}

asio::awaitable<void> Connection::Linger() {
  if (tls_) tls_->SendCloseNotify();
  // What still comes is thrown away, so it need not be decrypted.
  error_code error;
  socket_.shutdown(tcp::socket::shutdown_send, error);
  lingering_ = true;
  Arm(!state_.draining ? kLinger : refusing_ ? kHurry : kLingerWhileDraining);
  buffer_.clear();
  while (!error && !expired_ && !abandoned_) {
    const auto space = buffer_.prepare(kHeaderReadBytes);
    const auto [read_error, count] = co_await socket_.async_read_some(space, kAwait);
    error = read_error;
  }
}

}  // namespace lotmark::http
