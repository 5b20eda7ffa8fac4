#include "client/http_client.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <fstream>
#include <thread>

#include "fs/testing/temp_folder.h"
#include "http/testing/echo.h"
#include "http/testing/identity.h"

namespace lotmark::client {
namespace {

using testing::HasSubstr;

sockaddr_in AnyPort() {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

// Accepts one connection, sends what it is told, over and over when asked to, and then holds the connection open until
// the client goes.
class RawServer {
 public:
  enum class Then { kHold, kRepeatLast, kClose };

  RawServer(std::vector<std::string> pieces, Then then) : pieces_(std::move(pieces)), then_(then) {
    listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address = AnyPort();
    socklen_t size = sizeof address;
    EXPECT_EQ(bind(listener_, reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(listen(listener_, 1), 0);
    EXPECT_EQ(getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size), 0);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { Run(); });
  }
  ~RawServer() {
    shutdown(listener_, SHUT_RDWR);
    thread_.join();
    close(listener_);
  }
  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }

 private:
  void Run() const {
    const int client = accept(listener_, nullptr, nullptr);
    if (client < 0) return;
    const auto transmit = [client](const std::string& text) {
      return send(client, text.data(), text.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(text.size());
    };
    bool connected = true;
    for (const std::string& piece : pieces_) connected = connected && transmit(piece);
    while (connected && then_ == Then::kRepeatLast) connected = transmit(pieces_.back());
    std::array<char, 4096> rest{};
    while (then_ == Then::kHold && recv(client, rest.data(), rest.size(), 0) > 0) {
    }
    close(client);
  }

  const std::vector<std::string> pieces_;
  const Then then_;
  int listener_ = -1;
  uint16_t port_ = 0;
  std::thread thread_;
};

HttpClient ClientOf(const std::string& url, HttpOptions options = {}) { return HttpClient::Make(url, options).value(); }

std::string UrlOf(const http::Server& server, const std::string& begin = "http://127.0.0.1:") {
  return begin + std::to_string(server.port());
}

http::Options OverTls(const http::TlsIdentity& identity) {
  http::Options options;
  options.tls = http::TlsContext::Make(identity).value();
  return options;
}

TEST(HttpClientTest, GetsAndPosts) {
  const auto server = http::testing::StartServer(http::testing::Echo);
  const HttpClient client = ClientOf(UrlOf(*server) + "/");
  EXPECT_EQ(client.base_url(), UrlOf(*server));
  const auto got = client.Get("/health");
  ASSERT_TRUE(got) << got.error().text;
  EXPECT_EQ(got->status, 200);
  EXPECT_EQ(got->content_type, "text/plain");
  EXPECT_EQ(got->body, "GET /health? ");
  const auto posted = client.Post("/classify?source=test", "image/png", AsBytes("bytes"));
  ASSERT_TRUE(posted) << posted.error().text;
  EXPECT_EQ(posted->body, "POST /classify?source=test bytes");
  EXPECT_EQ(client.Post("/x", "image/png", {}).value().body, "POST /x? ");
}

TEST(HttpClientTest, KeepsAPathBeforeOurs) {
  const auto server = http::testing::StartServer(http::testing::Echo);
  EXPECT_EQ(ClientOf(UrlOf(*server) + "/derm/").Get("/health").value().body, "GET /derm/health? ");
}

TEST(HttpClientTest, AnyStatusIsAReplyAndARedirectIsNotFollowed) {
  const auto server = http::testing::StartServer([](const http::Request& request, const http::Responder& respond) {
    if (request.path == "/other") return respond({.headers = {}, .body = "followed"});
    respond({.status = 302, .headers = {{"Location", "/other"}}, .body = "moved"});
  });
  const auto reply = ClientOf(UrlOf(*server)).Get("/health");
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->status, 302);
  EXPECT_EQ(reply->body, "moved");
}

TEST(HttpClientTest, RefusesWhatIsNoAddressOfAService) {
  for (const char* url : {"", "nonsense url", "ftp://host/", "file:///etc/passwd", "http://", "http://user@host",
                          "http://user:secret@host", "http://host/?a=b", "http://host/#top"}) {
    const auto client = HttpClient::Make(url, {});
    ASSERT_FALSE(client) << url;
    EXPECT_EQ(client.error().code, ErrorCode::kUsage) << url;
  }
  EXPECT_THAT(HttpClient::Make("http://host", {.ca_file = "x"}).error().text, HasSubstr("http has none"));
  EXPECT_THAT(HttpClient::Make("https://host", {.ca_file = "/not/there"}).error().text, HasSubstr("cannot be read"));
}

TEST(HttpClientTest, NobodyAnswers) {
  const int bound = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);  // and not listening
  sockaddr_in address = AnyPort();
  socklen_t size = sizeof address;
  ASSERT_EQ(bind(bound, reinterpret_cast<sockaddr*>(&address), size), 0);
  ASSERT_EQ(getsockname(bound, reinterpret_cast<sockaddr*>(&address), &size), 0);
  const std::string url = "http://127.0.0.1:" + std::to_string(ntohs(address.sin_port));
  const auto reply = ClientOf(url).Get("/health");
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().code, ErrorCode::kMachine);
  EXPECT_THAT(reply.error().text, HasSubstr(url + "/health: "));
  close(bound);
}

TEST(HttpClientTest, GivesUpOnStalls) {
  const std::string head = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n";
  for (const auto& pieces : std::vector<std::vector<std::string>>{{}, {"HTTP/1.1 200"}, {head}, {head, "some"}}) {
    const RawServer server(pieces, RawServer::Then::kHold);
    const auto reply = ClientOf(server.url(), {.timeout = std::chrono::milliseconds(300)}).Get("/health");
    ASSERT_FALSE(reply);
    EXPECT_EQ(reply.error().code, ErrorCode::kMachine);
    EXPECT_THAT(reply.error().text, HasSubstr("no whole reply within 300 ms"));
  }
}

TEST(HttpClientTest, StopsAtItsLimits) {
  const std::string endless = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
  const std::string announced = "HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n";
  const std::string chunk = "400\r\n" + std::string(1024, 'x') + "\r\n";
  const std::vector<std::vector<std::string>> replies{{endless, chunk},
                                                      {announced, std::string(1000, 'x')},
                                                      {"HTTP/1.1 200 OK\r\n", "A: " + std::string(1000, 'x') + "\r\n"},
                                                      {"HTTP/1.1 103 Early Hints\r\nA: b\r\n\r\n"}};
  for (const auto& pieces : replies) {
    const RawServer server(pieces, RawServer::Then::kRepeatLast);
    const auto reply = ClientOf(server.url(), {.max_body_bytes = 10'000}).Get("/health");
    ASSERT_FALSE(reply) << pieces.front();
    EXPECT_EQ(reply.error().code, ErrorCode::kTooLarge) << reply.error().text;
  }
  const RawServer exact({"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n0123456789"}, RawServer::Then::kHold);
  EXPECT_EQ(ClientOf(exact.url(), {.max_body_bytes = 10}).Get("/").value().body, "0123456789");
}

TEST(HttpClientTest, WhatDoesNotSpeakHttp) {
  const RawServer banner({"SSH-2.0-OpenSSH_9.2p1\r\n"}, RawServer::Then::kClose);
  const auto reply = ClientOf(banner.url()).Get("/health");
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().code, ErrorCode::kRefused) << reply.error().text;
  const RawServer cut({"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nless"}, RawServer::Then::kClose);
  EXPECT_EQ(ClientOf(cut.url()).Get("/health").error().code, ErrorCode::kMachine);
}

class HttpClientTlsTest : public testing::Test {
 protected:
  std::string Write(const std::string& name, const std::string& text) const {
    std::ofstream(folder_.PathOf(name)) << text;
    return folder_.PathOf(name);
  }

  const fs::TempFolder folder_;
  const http::TlsIdentity identity_ = http::testing::MakeIdentity();
};

TEST_F(HttpClientTlsTest, TrustsOnlyTheCertificateThatIsNamed) {
  const auto server = http::testing::StartServer(http::testing::Echo, OverTls(identity_));
  const std::string url = UrlOf(*server, "https://localhost:");
  const std::string own = Write("own.crt", identity_.certificate_pem);
  const auto reply = ClientOf(url, {.ca_file = own}).Get("/health");
  ASSERT_TRUE(reply) << reply.error().text;
  EXPECT_EQ(reply->body, "GET /health? ");

  const std::string other = Write("other.crt", http::testing::MakeIdentity().certificate_pem);
  for (const std::string& trusted : {std::string(), other}) {
    const auto refused = ClientOf(url, {.ca_file = trusted}).Get("/health");
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().text, HasSubstr("its certificate is not trusted"));
    EXPECT_THAT(refused.error().hint, HasSubstr("--cacert"));
  }
  // The right certificate under a wrong name.
  EXPECT_THAT(ClientOf(UrlOf(*server, "https://127.0.0.1:"), {.ca_file = own}).Get("/health").error().text,
              HasSubstr("its certificate is not trusted"));
  EXPECT_FALSE(ClientOf(url, {.ca_file = Write("nonsense.crt", "nonsense")}).Get("/health"));
}

TEST_F(HttpClientTlsTest, RefusesAnExpiredCertificate) {
  const auto expired = http::testing::MakeIdentity({.begins_in_seconds = -7200, .ends_in_seconds = -3600});
  const auto server = http::testing::StartServer(http::testing::Echo, OverTls(expired));
  const auto reply =
      ClientOf(UrlOf(*server, "https://localhost:"), {.ca_file = Write("old.crt", expired.certificate_pem)}).Get("/x");
  ASSERT_FALSE(reply);
  EXPECT_THAT(reply.error().text, HasSubstr("expired"));
}

TEST_F(HttpClientTlsTest, TheWrongProtocolOnEitherSide) {
  const auto plain = http::testing::StartServer(http::testing::Echo);
  EXPECT_FALSE(ClientOf(UrlOf(*plain, "https://localhost:")).Get("/health"));
  const auto secure = http::testing::StartServer(http::testing::Echo, OverTls(identity_));
  const auto reply = ClientOf(UrlOf(*secure)).Get("/health");
  EXPECT_TRUE(!reply || reply->status == 400);
}

}  // namespace
}  // namespace lotmark::client
