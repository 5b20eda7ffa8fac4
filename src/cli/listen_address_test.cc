#include "cli/listen_address.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace lotmark::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(ParseListenAddress, TakesLiteralAddressesAndLocalhost) {
  const struct {
    const char* text;
    const char* host;
    uint16_t port;
    bool loopback;
  } cases[] = {
      {"127.0.0.1:8090", "127.0.0.1", 8090, true},
      {"127.8.9.10:1", "127.8.9.10", 1, true},
      {"localhost:8090", "127.0.0.1", 8090, true},
      {"[::1]:65535", "::1", 65535, true},
      {"0.0.0.0:0", "0.0.0.0", 0, false},
      {"[::]:80", "::", 80, false},
      {"192.168.1.20:8090", "192.168.1.20", 8090, false},
      {"[fd00::1]:8090", "fd00::1", 8090, false},
      // Another machine cannot reach it, but a rule that has to know that is one too many.
      {"[::ffff:127.0.0.1]:80", "::ffff:127.0.0.1", 80, false},
      {"128.0.0.1:80", "128.0.0.1", 80, false},
  };
  for (const auto& one : cases) {
    const auto address = ParseListenAddress(one.text);
    ASSERT_TRUE(address) << one.text << address.error().text;
    EXPECT_EQ(address->host, one.host) << one.text;
    EXPECT_EQ(address->port, one.port) << one.text;
    EXPECT_EQ(address->loopback, one.loopback) << one.text;
  }
}

TEST(ParseListenAddress, PrintsWhatItTakes) {
  for (const char* text : {"127.0.0.1:8090", "[::1]:8090", "0.0.0.0:80"}) {
    const auto address = ParseListenAddress(text);
    ASSERT_TRUE(address);
    EXPECT_EQ(address->Text(address->port), text);
  }
  EXPECT_EQ(ParseListenAddress("localhost:0")->Text(4711), "127.0.0.1:4711");
}

TEST(ParseListenAddress, RefusesEverythingElse) {
  for (const char* text : {"",
                           ":",
                           "8090",
                           ":8090",
                           "127.0.0.1",
                           "127.0.0.1:",
                           "127.0.0.1:x",
                           "127.0.0.1:65536",
                           "127.0.0.1:-1",
                           "127.0.0.1:+1",
                           "127.0.0.1: 80",
                           "127.0.0.1:80 ",
                           " 127.0.0.1:80",
                           "127.0.0.1:80:80",
                           "127.1:80",
                           "example.org:80",
                           "*:80",
                           "::1:8090",
                           "1::2:3",
                           "[::1]",
                           "[::1]8090",
                           "[::1:8090",
                           "[]:80",
                           "[127.0.0.1]:80",
                           "[localhost]:80",
                           "[fe80::1%eth0]:80",
                           "localhost.:80",
                           "0x7f000001:80"}) {
    const auto address = ParseListenAddress(text);
    ASSERT_FALSE(address) << text;
    EXPECT_EQ(address.error().code, ErrorCode::kUsage) << text;
    EXPECT_THAT(address.error().hint, HasSubstr("HOST:PORT"));
  }
}

TEST(ParseListenAddress, PrintsNoControlCharacters) {
  EXPECT_THAT(ParseListenAddress("\x1b[2J:80").error().text, Not(HasSubstr("\x1b")));
}

}  // namespace
}  // namespace lotmark::cli
