// HOST:PORT as --listen takes it.
#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"

namespace lotmark::cli {

struct ListenAddress {
  std::string host;  // a literal IPv4 or IPv6 address, without brackets
  uint16_t port = 0;
  bool loopback = false;  // no other machine reaches it

  // As ParseListenAddress takes it, with the port that was given for port 0.
  std::string Text(uint16_t actual_port) const;
};

// Accepts "127.0.0.1:8090", "[::1]:8090", "localhost:8090" (= 127.0.0.1). kUsage otherwise: a name that a resolver
// could turn into any address is not accepted, nor an IPv6 address without brackets.
Result<ListenAddress> ParseListenAddress(const std::string& text);

}  // namespace lotmark::cli
