#include "http/testing/client.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <utility>

#include "http/header_value.h"

namespace lotmark::http::testing {
namespace {

constexpr int kGiveUpSeconds = 10;

Error SystemError(std::string_view what) { return MachineFailed(fmt::format("{}: {}", what, std::strerror(errno))); }

Result<Reply> ParseHead(std::string_view head) {
  Reply reply;
  if (head.size() < 12 || !head.starts_with("HTTP/1.1 ")) return MachineFailed("reply: not HTTP: " + std::string(head));
  std::from_chars(head.data() + 9, head.data() + 12, reply.status);
  head.remove_prefix(std::min(head.find("\r\n"), head.size()));
  while (head.starts_with("\r\n")) {
    head.remove_prefix(2);
    const std::string_view line = head.substr(0, head.find("\r\n"));
    head.remove_prefix(line.size());
    const size_t colon = line.find(':');
    if (colon == std::string_view::npos) break;
    reply.headers.emplace_back(LowerCase(line.substr(0, colon)), std::string(Trimmed(line.substr(colon + 1))));
  }
  return reply;
}

}  // namespace

std::string_view Reply::header(std::string_view name) const {
  for (const auto& [key, value] : headers) {
    if (key == name) return value;
  }
  return {};
}

Result<Client> Client::Connect(uint16_t port) {
  Client client(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (client.fd_ < 0) return SystemError("socket");
  const timeval patience{.tv_sec = kGiveUpSeconds, .tv_usec = 0};
  ::setsockopt(client.fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  ::setsockopt(client.fd_, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  const int on = 1;
  ::setsockopt(client.fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(client.fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    return SystemError("connect");
  }
  return client;
}

Result<Client> Client::ConnectTls(uint16_t port, int version, std::string_view protocols) {
  LOTMARK_ASSIGN_OR_RETURN(Client client, Connect(port));
  LOTMARK_RETURN_IF_ERROR(client.StartTls(version, protocols));
  return client;
}

Status Client::StartTls(int version, std::string_view protocols) {
  const std::unique_ptr<SSL_CTX, void (*)(SSL_CTX*)> context(SSL_CTX_new(TLS_client_method()), SSL_CTX_free);
  SSL_CTX_clear_mode(context.get(), SSL_MODE_AUTO_RETRY);  // a ticket must not make a read wait for more
  SSL_CTX_set_min_proto_version(context.get(), version);
  SSL_CTX_set_max_proto_version(context.get(), version);
  tls_ = std::shared_ptr<SSL>(SSL_new(context.get()), SSL_free);
  SSL* const tls = tls_.get();
  if (tls == nullptr || SSL_set_fd(tls, fd_) != 1) return MachineFailed("TLS cannot be set up");
  const auto* const offered = reinterpret_cast<const unsigned char*>(protocols.data());
  SSL_set_alpn_protos(tls, offered, static_cast<unsigned>(protocols.size()));
  ERR_clear_error();
  if (SSL_connect(tls) != 1) return MachineFailed("TLS handshake failed");
  return Ok();
}

Client::Client(Client&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)),
      tls_(std::exchange(other.tls_, nullptr)),
      received_(std::exchange(other.received_, {})) {}

Client& Client::operator=(Client&& other) noexcept {
  std::swap(fd_, other.fd_);
  std::swap(tls_, other.tls_);
  std::swap(received_, other.received_);
  return *this;
}

Client::~Client() {
  if (fd_ >= 0) ::close(fd_);
}

Result<Reply> Client::Fetch(std::string_view method, std::string_view target, const Headers& headers,
                            std::string_view body) {
  std::string request = fmt::format("{} {} HTTP/1.1\r\nHost: localhost\r\n", method, target);
  for (const auto& [name, value] : headers) request += fmt::format("{}: {}\r\n", name, value);
  if (!body.empty()) request += fmt::format("Content-Length: {}\r\n", body.size());
  request += "\r\n";
  request += body;
  LOTMARK_RETURN_IF_ERROR(Send(request));
  return ReadReply(method == "HEAD" ? Body::kNone : Body::kExpected);
}

Status Client::Send(std::string_view bytes) {
  while (!bytes.empty()) {
    const long sent = Transmit(bytes);
    if (sent <= 0) return SystemError("send");
    bytes.remove_prefix(static_cast<size_t>(sent));
  }
  return Ok();
}

Result<Reply> Client::ReadReply(Body body) {
  size_t end = received_.find("\r\n\r\n");
  while (end == std::string::npos) {
    if (!ReadMore()) return MachineFailed("reply: the connection ended in its header");
    end = received_.find("\r\n\r\n");
  }
  LOTMARK_ASSIGN_OR_RETURN(Reply reply, ParseHead(std::string_view(received_).substr(0, end)));
  received_.erase(0, end + 4);

  size_t size = 0;
  const std::string_view length = reply.header("content-length");
  if (body == Body::kExpected) std::from_chars(length.data(), length.data() + length.size(), size);
  while (received_.size() < size) {
    if (!ReadMore()) return MachineFailed("reply: the connection ended in its body");
  }
  reply.body = received_.substr(0, size);
  received_.erase(0, size);
  return reply;
}

long Client::Receive(char* space, size_t size) {
  if (!tls_) return ::recv(fd_, space, size, 0);
  for (;;) {
    errno = 0;
    ERR_clear_error();
    const int count = SSL_read(tls_.get(), space, static_cast<int>(size));
    // A record without bytes for us was read; or the patience of the socket is over.
    const bool again = count <= 0 && SSL_get_error(tls_.get(), count) == SSL_ERROR_WANT_READ && errno == 0;
    if (!again) return count;
  }
}

long Client::Transmit(std::string_view bytes) {
  if (!tls_) return ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
  ERR_clear_error();
  return SSL_write(tls_.get(), bytes.data(), static_cast<int>(bytes.size()));
}

bool Client::ReadMore() {
  std::array<char, 16384> piece;
  const long count = Receive(piece.data(), piece.size());
  if (count > 0) received_.append(piece.data(), static_cast<size_t>(count));
  return count > 0;
}

bool Client::IsClosed() {
  errno = 0;
  if (!received_.empty() || ReadMore()) return false;
  return errno != EAGAIN && errno != EWOULDBLOCK;
}

bool Client::HasBytesWithin(int milliseconds) {
  if (!received_.empty()) return true;
  if (tls_) {
    // Tickets may wait in the socket: they are read here, and are no bytes of a reply.
    const timeval patience{.tv_sec = milliseconds / 1000, .tv_usec = milliseconds % 1000 * 1000};
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    const bool has = ReadMore();
    const timeval usual{.tv_sec = kGiveUpSeconds, .tv_usec = 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &usual, sizeof usual);
    return has;
  }
  pollfd readable{.fd = fd_, .events = POLLIN, .revents = 0};
  return ::poll(&readable, 1, milliseconds) > 0 && ReadMore();
}

size_t Client::Discard(size_t most) {
  if (!received_.empty()) {
    const size_t count = std::min(most, received_.size());
    received_.erase(0, count);
    return count;
  }
  most = std::min(most, size_t{16384});
  std::array<char, 16384> piece;
  const long count = Receive(piece.data(), most);
  return count > 0 ? static_cast<size_t>(count) : 0;
}

void Client::ShutdownWrite() {
  if (tls_) SSL_shutdown(tls_.get());
  ::shutdown(fd_, SHUT_WR);
}

long Client::PeerSerial() const {
  const std::unique_ptr<X509, void (*)(X509*)> certificate(SSL_get1_peer_certificate(tls_.get()), X509_free);
  return certificate ? ASN1_INTEGER_get(X509_get0_serialNumber(certificate.get())) : -1;
}

void Client::Reset() {
  const linger now{.l_onoff = 1, .l_linger = 0};
  ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
  ::close(std::exchange(fd_, -1));
}

}  // namespace lotmark::http::testing
