// How much one client, and all clients together, may ask of the server: sizes, counts and times.
#pragma once

#include <chrono>
#include <cstddef>

namespace lotmark::http {

struct Limits {
  size_t max_body_bytes = 16u << 20;    // more: 413
  size_t max_header_bytes = 16u << 10;  // all header lines together, and the request line; more: 431
  size_t max_header_count = 64;         // more: 431
  size_t max_target_bytes = 8u << 10;   // more: 414
  // Bodies of all requests that are being received or answered; more: 503. Keeps memory flat when many clients send
  // large bodies at once.
  size_t max_buffered_bytes = 256u << 20;
  size_t max_streams = 64;  // responses with a streamed body at a time, 512 KiB of memory each; more: 503
  std::chrono::milliseconds handshake_timeout{10'000};  // from connecting to the end of the TLS handshake
  std::chrono::milliseconds header_timeout{10'000};  // from the first byte of a request to the end of its header; 408
  std::chrono::milliseconds body_timeout{30'000};    // from the end of the header to the end of the body; 408
  std::chrono::milliseconds idle_timeout{120'000};   // between requests of one connection; then it is closed
  std::chrono::milliseconds write_timeout{60'000};   // for one response, or for one piece of a streamed one
};

}  // namespace lotmark::http
