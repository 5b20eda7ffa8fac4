#include "http/testing/client.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
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

Client::Client(Client&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)), received_(std::exchange(other.received_, {})) {}

Client& Client::operator=(Client&& other) noexcept {
  std::swap(fd_, other.fd_);
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
    const ssize_t sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0) return SystemError("send");
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

bool Client::ReadMore() {
  std::array<char, 16384> piece;
  const ssize_t count = ::recv(fd_, piece.data(), piece.size(), 0);
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
  const ssize_t count = ::recv(fd_, piece.data(), most, 0);
  return count > 0 ? static_cast<size_t>(count) : 0;
}

void Client::ShutdownWrite() { ::shutdown(fd_, SHUT_WR); }

void Client::Reset() {
  const linger now{.l_onoff = 1, .l_linger = 0};
  ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
  ::close(std::exchange(fd_, -1));
}

}  // namespace lotmark::http::testing
