// TLS over one connection's socket.
//
// Why OpenSSL on the socket itself and not boost::asio::ssl::stream: that one keeps two buffers of 17 KiB for every
// connection for as long as it lives, and copies every byte through them. This one holds no byte that OpenSSL does not
// hold, and an idle connection holds none.
//
// Waits are the socket's, so cancelling or closing the socket ends them, as it does without TLS.
// Thread safety: none; used on the I/O thread only, where SIGPIPE is blocked (OpenSSL writes without MSG_NOSIGNAL).
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <cstddef>
#include <memory>
#include <string_view>

#include "http/tls_context.h"

struct ssl_st;  // OpenSSL's SSL

namespace lotmark::http {

class TlsStream {
 public:
  // `socket` must outlive this; `context` need not.
  TlsStream(boost::asio::ip::tcp::socket& socket, const TlsContext& context);
  ~TlsStream();
  TlsStream(const TlsStream&) = delete;
  TlsStream& operator=(const TlsStream&) = delete;

  enum class Hello { kDone, kPlainHttp, kFailed };  // kPlainHttp: the client spoke HTTP without TLS
  boost::asio::awaitable<Hello> Handshake();

  struct Transfer {
    boost::system::error_code error;  // eof at the client's end
    size_t count = 0;
  };
  boost::asio::awaitable<Transfer> Read(boost::asio::mutable_buffer space);
  // All of both, unless there is an error.
  boost::asio::awaitable<Transfer> Write(std::string_view first, std::string_view second);
  // Until a byte can be read without waiting. Records that carry none (tickets, keys) do not count.
  boost::asio::awaitable<boost::system::error_code> WaitForData();
  // Decrypted bytes that nobody has read.
  bool HasBytes() const;
  // Tells the client that nothing follows; does not wait.
  void SendCloseNotify();

 private:
  enum class Call { kAccept, kRead, kPeek, kWrite };
  boost::asio::awaitable<Transfer> Drive(Call call, void* data, size_t size);
  int Make(Call call, void* data, size_t size, size_t& count);
  boost::asio::awaitable<Transfer> WriteAll(std::string_view bytes);

  boost::asio::ip::tcp::socket& socket_;
  ssl_st* const ssl_;
  size_t since_pause_ = 0;
};

}  // namespace lotmark::http
