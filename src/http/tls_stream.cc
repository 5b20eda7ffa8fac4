#include "http/tls_stream.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <new>
#include <string>

namespace lotmark::http {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);
// Together they go into one record, and so into one packet.
constexpr size_t kJoinBytes = 16 * 1024;
// A client as fast as this machine would else never let go of the I/O thread.
constexpr size_t kPauseBytes = 64 * 1024;

}  // namespace

TlsStream::TlsStream(tcp::socket& socket, const TlsContext& context)
    : socket_(socket), ssl_(SSL_new(context.native())) {
  if (ssl_ == nullptr) throw std::bad_alloc();
  error_code ignored;
  socket_.native_non_blocking(true, ignored);
  if (SSL_set_fd(ssl_, socket_.native_handle()) != 1) {
    SSL_free(ssl_);
    throw std::bad_alloc();
  }
}

TlsStream::~TlsStream() { SSL_free(ssl_); }

asio::awaitable<TlsStream::Hello> TlsStream::Handshake() {
  const Transfer done = co_await Drive(Call::kAccept, nullptr, 0);
  if (!done.error) co_return Hello::kDone;
  const bool plain = ERR_GET_REASON(ERR_peek_last_error()) == SSL_R_HTTP_REQUEST;
  ERR_clear_error();
  co_return plain ? Hello::kPlainHttp : Hello::kFailed;
}

asio::awaitable<TlsStream::Transfer> TlsStream::Read(asio::mutable_buffer space) {
  return Drive(Call::kRead, space.data(), space.size());
}

asio::awaitable<TlsStream::Transfer> TlsStream::Write(std::string_view first, std::string_view second) {
  if (first.size() + second.size() <= kJoinBytes) {
    std::string joined;
    joined.reserve(first.size() + second.size());
    joined.append(first).append(second);
    const Transfer written = co_await WriteAll(joined);
    co_return written;
  }
  Transfer written = co_await WriteAll(first);
  if (!written.error) written = co_await WriteAll(second);
  co_return written;
}

asio::awaitable<TlsStream::Transfer> TlsStream::WriteAll(std::string_view bytes) {
  Transfer written;
  while (!bytes.empty() && !written.error) {
    // OpenSSL's reading and writing calls share one form here; what is written is not changed.
    void* const data = const_cast<char*>(bytes.data());  // NOLINT(cppcoreguidelines-pro-type-const-cast)
    written = co_await Drive(Call::kWrite, data, bytes.size());
    bytes.remove_prefix(written.count);
  }
  co_return written;
}

asio::awaitable<error_code> TlsStream::WaitForData() {
  char byte = 0;
  const Transfer peeked = co_await Drive(Call::kPeek, &byte, 1);
  co_return peeked.error;
}

bool TlsStream::HasBytes() const { return SSL_pending(ssl_) > 0; }

void TlsStream::SendCloseNotify() {
  if (!socket_.is_open()) return;
  ERR_clear_error();
  SSL_shutdown(ssl_);
  ERR_clear_error();
}

int TlsStream::Make(Call call, void* data, size_t size, size_t& count) {
  switch (call) {
    case Call::kAccept:
      return SSL_accept(ssl_);
    case Call::kRead:
      return SSL_read_ex(ssl_, data, size, &count);
    case Call::kPeek:
      return SSL_peek_ex(ssl_, data, size, &count);
    case Call::kWrite:
      return SSL_write_ex(ssl_, data, size, &count);
  }
  return 0;
}

// Repeats one OpenSSL call until it is done, waiting for the socket whenever OpenSSL wants to.
asio::awaitable<TlsStream::Transfer> TlsStream::Drive(Call call, void* data, size_t size) {
  Transfer transfer;
  for (;;) {
    // A descriptor that was closed may be another client's by now.
    if (!socket_.is_open()) {
      transfer.error = asio::error::operation_aborted;
      co_return transfer;
    }
    ERR_clear_error();
    const int result = Make(call, data, size, transfer.count);
    if (result == 1) break;
    const int wanted = SSL_get_error(ssl_, result);
    if (wanted == SSL_ERROR_WANT_READ || wanted == SSL_ERROR_WANT_WRITE) {
      const auto direction = wanted == SSL_ERROR_WANT_READ ? tcp::socket::wait_read : tcp::socket::wait_write;
      const auto [error] = co_await socket_.async_wait(direction, kAwait);
      transfer.error = error;
    } else if (wanted == SSL_ERROR_ZERO_RETURN) {
      transfer.error = asio::error::eof;
    } else {
      transfer.error = asio::error::connection_reset;
    }
    if (transfer.error) co_return transfer;
  }
  since_pause_ += transfer.count;
  if (since_pause_ >= kPauseBytes) {
    since_pause_ = 0;
    co_await asio::post(socket_.get_executor(), asio::use_awaitable);
  }
  co_return transfer;
}

}  // namespace lotmark::http
