// The real server over a real loopback socket: whatever a client sends, the connection ends, and the next client is
// answered. The first byte of the input says how the bytes are cut and how the client leaves.
#include <algorithm>
#include <chrono>

#include "fuzz.h"
#include "http/testing/echo.h"

namespace lotmark::fuzz {
namespace {

using http::testing::Client;
using Clock = std::chrono::steady_clock;

constexpr uint8_t kReset = 0x80;        // the client goes away at once
constexpr uint8_t kKeepWriting = 0x40;  // it does not say that it has sent everything
constexpr int kBetweenChecks = 64;      // inputs between two looks at whether an honest client is served

http::Server& TheServer() {
  static const auto server = [] {
    http::Options options;
    options.limits.max_body_bytes = 4096;
    options.limits.max_header_bytes = 2048;
    options.limits.header_timeout = options.limits.body_timeout = options.limits.idle_timeout =
        std::chrono::milliseconds(50);
    return http::testing::StartServer(http::testing::Echo, options);
  }();
  return *server;
}

void SendInPieces(Client& client, std::string_view bytes, size_t step) {
  while (!bytes.empty() && client.Send(bytes.substr(0, step))) bytes.remove_prefix(std::min(step, bytes.size()));
}

void CheckHonestClient() {
  Client client = http::testing::ConnectTo(TheServer());
  const auto reply = client.Fetch("GET", "/still?there");
  Require(reply && reply->status == 200, "an honest client is answered");
}

void Check(std::string_view bytes, uint8_t choice) {
  const auto begin = Clock::now();
  Client client = http::testing::ConnectTo(TheServer());
  SendInPieces(client, bytes, size_t{1} + (choice & 0x3f) * 64);
  if ((choice & kReset) != 0) {
    client.Reset();
  } else {
    if ((choice & kKeepWriting) == 0) client.ShutdownWrite();
    while (client.Discard(1 << 16) > 0) {
    }
    // The client itself gives up after 10 s.
    Require(Clock::now() - begin < std::chrono::seconds(9),
            "the server ends a connection that its client is done with");
  }
  static int inputs = 0;
  if (++inputs % kBetweenChecks == 0) CheckHonestClient();
}

}  // namespace
}  // namespace lotmark::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto input = lotmark::fuzz::Split(data, size);
  lotmark::fuzz::Check(input.text, input.choice);
  return 0;
}
