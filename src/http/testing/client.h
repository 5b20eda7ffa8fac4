// A blocking HTTP client for tests on loopback: honest by Fetch, hostile by Send.
//
// Over TLS it trusts whatever certificate the server shows.
// Every read gives up after 10 s, so that a server that does not answer fails a test instead of hanging it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "http/request.h"

struct ssl_st;  // OpenSSL's SSL

namespace lotmark::http::testing {

struct Reply {
  int status = 0;
  Headers headers;  // names in lower case
  std::string body;

  // The first header of this (lower-case) name, or "".
  std::string_view header(std::string_view name) const;
};

class Client {
 public:
  // To 127.0.0.1.
  static Result<Client> Connect(uint16_t port);
  // `version`: of the protocol, as OpenSSL counts (TLS1_2_VERSION); 0 = any. `protocols`: offered by ALPN, each after
  // its length.
  static Result<Client> ConnectTls(uint16_t port, int version = 0, std::string_view protocols = "");
  Status StartTls(int version = 0, std::string_view protocols = "");
  Client(Client&& other) noexcept;
  Client& operator=(Client&& other) noexcept;
  ~Client();

  // Sends a whole request over this connection and reads its reply.
  Result<Reply> Fetch(std::string_view method, std::string_view target, const Headers& headers = {},
                      std::string_view body = "");

  Status Send(std::string_view bytes);
  enum class Body { kExpected, kNone };
  // The next reply on this connection; kNone: the request was HEAD. "100 Continue" is a reply like any other.
  Result<Reply> ReadReply(Body body = Body::kExpected);
  // True when the server has closed and nothing is left to read; waits for it.
  bool IsClosed();
  // True when a byte can be read within `milliseconds`.
  bool HasBytesWithin(int milliseconds);
  // Reads up to `most` bytes and forgets them; returns how many, 0 at the end or on an error. REQUIRES: most > 0.
  size_t Discard(size_t most);
  void ShutdownWrite();
  // Closes at once so that the server sees a reset.
  void Reset();
  // Of the server's certificate, or -1. REQUIRES: ConnectTls.
  long PeerSerial() const;

 private:
  explicit Client(int fd) : fd_(fd) {}
  // Adds what the server sends to `received_`; false at its end or on an error.
  bool ReadMore();
  // As recv and send, through TLS where there is TLS.
  long Receive(char* space, size_t size);
  long Transmit(std::string_view bytes);

  int fd_ = -1;
  std::shared_ptr<ssl_st> tls_;
  std::string received_;
};

}  // namespace lotmark::http::testing
