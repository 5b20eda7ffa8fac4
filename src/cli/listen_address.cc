#include "cli/listen_address.h"

#include <arpa/inet.h>

#include <charconv>
#include <optional>

#include "base/encoding.h"

namespace lotmark::cli {
namespace {

bool IsIpv4(const std::string& host) {
  in_addr address{};
  return inet_pton(AF_INET, host.c_str(), &address) == 1;
}

bool IsIpv6(const std::string& host) {
  in6_addr address{};
  return inet_pton(AF_INET6, host.c_str(), &address) == 1;
}

bool IsLoopback(const std::string& host) {
  in_addr v4{};
  if (inet_pton(AF_INET, host.c_str(), &v4) == 1) return (ntohl(v4.s_addr) >> 24) == 127;
  in6_addr v6{};
  return inet_pton(AF_INET6, host.c_str(), &v6) == 1 && IN6_IS_ADDR_LOOPBACK(&v6);
}

// "127.0.0.1", "localhost" or "[::1]" -> the literal address; nothing otherwise. Without brackets nobody could tell
// where an IPv6 address ends and its port begins.
std::optional<std::string> HostOf(std::string text) {
  if (text == "localhost") return "127.0.0.1";
  if (IsIpv4(text)) return text;
  if (text.size() < 2 || text.front() != '[' || text.back() != ']') return std::nullopt;
  text = text.substr(1, text.size() - 2);
  if (!IsIpv6(text)) return std::nullopt;
  return text;
}

}  // namespace

Result<ListenAddress> ParseListenAddress(const std::string& text) {
  const auto wrong = [&](const std::string& why) {
    return Error{ErrorCode::kUsage, "--listen '" + Printable(text, 80) + "': " + why,
                 "write HOST:PORT, such as 127.0.0.1:8090"};
  };
  const size_t colon = text.rfind(':');
  if (colon == std::string::npos) return wrong("the port is missing");
  const auto host = HostOf(text.substr(0, colon));
  if (!host) return wrong("the host must be an IPv4 address, an IPv6 address in brackets, or localhost");
  ListenAddress address{.host = *host};
  const char* const end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data() + colon + 1, end, address.port);
  if (error != std::errc() || stopped != end || colon + 1 == text.size()) return wrong("the port must be 0 to 65535");
  address.loopback = IsLoopback(address.host);
  return address;
}

std::string ListenAddress::Text(uint16_t actual_port) const {
  return (IsIpv6(host) ? "[" + host + "]" : host) + ":" + std::to_string(actual_port);
}

}  // namespace lotmark::cli
