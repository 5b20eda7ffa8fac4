#include "cli/listen_address.h"

#include <arpa/inet.h>

#include <charconv>

#include "base/encoding.h"

namespace lotmark::cli {
namespace {

bool IsLoopback(const std::string& host) {
  in_addr v4{};
  if (inet_pton(AF_INET, host.c_str(), &v4) == 1) return (ntohl(v4.s_addr) >> 24) == 127;
  in6_addr v6{};
  return inet_pton(AF_INET6, host.c_str(), &v6) == 1 && IN6_IS_ADDR_LOOPBACK(&v6);
}

bool IsAddress(const std::string& host) {
  in6_addr any{};
  return inet_pton(AF_INET, host.c_str(), &any) == 1 || inet_pton(AF_INET6, host.c_str(), &any) == 1;
}

}  // namespace

Result<ListenAddress> ParseListenAddress(const std::string& text) {
  const auto wrong = [&](const std::string& why) {
    return Error{ErrorCode::kUsage, "--listen '" + Printable(text, 80) + "': " + why,
                 "write HOST:PORT, such as 127.0.0.1:8090"};
  };
  const size_t colon = text.rfind(':');
  if (colon == std::string::npos) return wrong("the port is missing");
  ListenAddress address;
  address.host = text.substr(0, colon);
  if (address.host.size() > 2 && address.host.front() == '[' && address.host.back() == ']') {
    address.host = address.host.substr(1, address.host.size() - 2);
  }
  if (address.host == "localhost") address.host = "127.0.0.1";
  if (!IsAddress(address.host)) return wrong("the host must be an IPv4 or IPv6 address");
  const char* const end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data() + colon + 1, end, address.port);
  if (error != std::errc() || stopped != end || colon + 1 == text.size()) return wrong("the port must be 0 to 65535");
  address.loopback = IsLoopback(address.host);
  return address;
}

}  // namespace lotmark::cli
