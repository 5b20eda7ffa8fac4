// What TLS adds: certificates that are refused, handshakes that go wrong, a new certificate while connections go on.
// The rest of the server's behaviour is tested over both transports (testing/echo.h).
#include <gtest/gtest.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

#include <chrono>
#include <future>
#include <thread>

#include "http/server.h"
#include "http/testing/client.h"
#include "http/testing/echo.h"
#include "http/testing/identity.h"

namespace lotmark::http {
namespace {

using std::chrono::milliseconds;
using testing::Client;
using testing::Echo;
using testing::MakeIdentity;
using testing::StartServer;

constexpr std::string_view kGet = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";

std::shared_ptr<const TlsContext> ContextOf(const TlsIdentity& identity) {
  auto made = TlsContext::Make(identity);
  EXPECT_TRUE(made) << made.error().text;
  return *made;
}

class Tls : public ::testing::Test {
 protected:
  Options options_{.limits = {.handshake_timeout = milliseconds(10'000)}, .tls = ContextOf(MakeIdentity())};
};

std::string WhyRefused(const TlsIdentity& identity) {
  const auto made = TlsContext::Make(identity);
  if (made) return "not refused";
  EXPECT_EQ(made.error().code, ErrorCode::kRefused);
  return made.error().text;
}

TEST_F(Tls, CertificateAndKeyAreDescribed) {
  const auto context = ContextOf(MakeIdentity({.common_name = "lotmark.example", .serial = 0xBEEF}));
  EXPECT_TRUE(context->description().starts_with("CN=lotmark.example, serial BEEF, valid until 20"))
      << context->description();
  EXPECT_TRUE(context->Warnings(std::time(nullptr)).empty());
}

TEST_F(Tls, WhatIsNoCertificateOrKeyIsRefusedByName) {
  const TlsIdentity good = MakeIdentity();
  TlsIdentity bad = good;
  for (const std::string& text : {std::string(), std::string("nonsense\n"), good.key_pem}) {
    bad.certificate_pem = text;
    EXPECT_EQ(WhyRefused(bad), "test.crt: no certificate in PEM form");
  }
  bad.certificate_pem = good.certificate_pem.substr(0, 200) + "\n-----END CERTIFICATE-----\n";
  EXPECT_TRUE(WhyRefused(bad).starts_with("test.crt: a certificate cannot be read: "));
  bad.certificate_pem = good.certificate_pem + bad.certificate_pem;
  EXPECT_TRUE(WhyRefused(bad).starts_with("test.crt: a certificate cannot be read: ")) << "a bad one in the chain";

  bad = good;
  for (const std::string& text : {std::string(), std::string("nonsense\n"), good.certificate_pem}) {
    bad.key_pem = text;
    EXPECT_EQ(WhyRefused(bad), "test.key: no private key in PEM form");
  }
  bad.key_pem = good.key_pem.substr(0, 60) + "\n-----END PRIVATE KEY-----\n";
  EXPECT_TRUE(WhyRefused(bad).starts_with("test.key: the private key cannot be read: "));
  bad.key_pem = MakeIdentity().key_pem;
  EXPECT_EQ(WhyRefused(bad), "test.key: the private key does not belong to the first certificate of test.crt");
}

TEST_F(Tls, KeyWithAPassphraseIsRefusedWithoutAsking) {
  TlsIdentity identity = MakeIdentity();
  BIO* const in = BIO_new_mem_buf(identity.key_pem.data(), static_cast<int>(identity.key_pem.size()));
  EVP_PKEY* const key = PEM_read_bio_PrivateKey(in, nullptr, nullptr, nullptr);
  BIO* const out = BIO_new(BIO_s_mem());
  char passphrase[] = "secret";
  ASSERT_EQ(PEM_write_bio_PKCS8PrivateKey(out, key, EVP_aes_128_cbc(), passphrase, 6, nullptr, nullptr), 1);
  char* data = nullptr;
  const long size = BIO_get_mem_data(out, &data);
  identity.key_pem.assign(data, static_cast<size_t>(size));
  BIO_free(in);
  BIO_free(out);
  EVP_PKEY_free(key);
  EXPECT_NE(WhyRefused(identity).find("passphrase"), std::string::npos);
}

TEST_F(Tls, CertificateOutOfItsTimeIsAWarning) {
  const std::time_t now = std::time(nullptr);
  const auto warning = [now](long begins, long ends) {
    const auto warnings =
        ContextOf(MakeIdentity({.begins_in_seconds = begins, .ends_in_seconds = ends}))->Warnings(now);
    return warnings.empty() ? std::string() : warnings.front();
  };
  EXPECT_NE(warning(-200, -100).find("expired"), std::string::npos);
  EXPECT_NE(warning(-200, 24 * 3600).find("expires soon"), std::string::npos);
  EXPECT_NE(warning(3600, 90 * 24 * 3600).find("not valid before"), std::string::npos);
}

TEST_F(Tls, OldProtocolsAndOtherApplicationsAreRefused) {
  const auto server = StartServer(Echo, options_);
  EXPECT_FALSE(Client::ConnectTls(server->port(), TLS1_1_VERSION));
  EXPECT_FALSE(Client::ConnectTls(server->port(), 0, "\x02h2"));
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    auto client = Client::ConnectTls(server->port(), version, "\x02h2\x08http/1.1");
    ASSERT_TRUE(client) << version;
    EXPECT_EQ(client->Fetch("GET", "/")->status, 200);
  }
}

TEST_F(Tls, PlainHttpIsToldToUseTls) {
  const auto server = StartServer(Echo, options_);
  auto client = Client::Connect(server->port());
  ASSERT_TRUE(client);
  const auto reply = client->Fetch("GET", "/");
  ASSERT_TRUE(reply) << reply.error().text;
  EXPECT_EQ(reply->status, 400);
  EXPECT_NE(reply->body.find("tls_required"), std::string::npos);
  client->ShutdownWrite();
  EXPECT_TRUE(client->IsClosed());
}

TEST_F(Tls, HostileHandshakesEndAndTheServerStaysUp) {
  options_.limits.handshake_timeout = milliseconds(300);
  const auto server = StartServer(Echo, options_);
  const std::string hello_begin("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11);
  for (const std::string& bytes :
       {std::string(), std::string("\0\1\2\3", 4), std::string("hello world\r\n\r\n"), std::string(100'000, 'z'),
        hello_begin, hello_begin + std::string(506, '\xab'), std::string("\x16\x03\x01\x40\x00", 5),
        std::string("\x15\x03\x03\x00\x02\x02\x28", 7), std::string("\x17\x03\x03\x00\x01x", 6)}) {
    for (const bool half_close : {false, true}) {
      auto client = Client::Connect(server->port());
      ASSERT_TRUE(client);
      (void)client->Send(bytes);
      if (half_close) client->ShutdownWrite();
      while (client->HasBytesWithin(5000)) client->Discard(16384);  // an alert, then the end
      EXPECT_TRUE(client->IsClosed());
    }
  }
  auto dripping = Client::Connect(server->port());
  ASSERT_TRUE(dripping);
  for (const char byte : hello_begin) {
    (void)dripping->Send({&byte, 1});
    std::this_thread::sleep_for(milliseconds(40));
  }
  EXPECT_TRUE(dripping->IsClosed());
  EXPECT_EQ(Client::ConnectTls(server->port())->Fetch("GET", "/")->status, 200);
}

TEST_F(Tls, NewCertificateIsForNewConnections) {
  options_.tls = ContextOf(MakeIdentity({.serial = 11}));
  const auto server = StartServer(Echo, options_);
  auto old = Client::ConnectTls(server->port());
  ASSERT_TRUE(old);
  EXPECT_EQ(old->PeerSerial(), 11);
  ASSERT_TRUE(old->Send(kGet.substr(0, 10)));

  Options renewed = options_;
  renewed.tls = ContextOf(MakeIdentity({.serial = 12}));
  server->Apply(renewed);
  options_.tls.reset();
  renewed.tls.reset();
  EXPECT_EQ(Client::ConnectTls(server->port())->PeerSerial(), 12);
  ASSERT_TRUE(old->Send(kGet.substr(10)));
  EXPECT_EQ(old->ReadReply()->status, 200);
  EXPECT_EQ(old->Fetch("GET", "/")->status, 200);
}

TEST_F(Tls, HandshakeUnderWayWhenTheDrainBeginsIsRefusedCleanly) {
  std::promise<Responder> asked;
  const auto server =
      StartServer([&asked](const Request&, Responder respond) { asked.set_value(std::move(respond)); }, options_);
  auto slow = Client::Connect(server->port());
  ASSERT_TRUE(slow);
  auto idle = Client::ConnectTls(server->port());
  ASSERT_TRUE(idle);
  auto busy = Client::ConnectTls(server->port());
  ASSERT_TRUE(busy);
  ASSERT_TRUE(busy->Send(kGet));
  const Responder respond = asked.get_future().get();
  auto stopped = std::async(std::launch::async, [&] { return server->Stop(milliseconds(60'000)); });
  EXPECT_TRUE(idle->IsClosed()) << "the drain has begun";

  ASSERT_TRUE(slow->StartTls());
  const auto refused = slow->ReadReply();
  ASSERT_TRUE(refused) << refused.error().text;
  EXPECT_EQ(refused->status, 503);
  EXPECT_NE(refused->body.find("draining"), std::string::npos);
  respond({});
  EXPECT_EQ(busy->ReadReply()->status, 200);
  const auto report = stopped.get();
  EXPECT_EQ(report.finished, 1u);
  EXPECT_EQ(report.refused, 1u);
}

}  // namespace
}  // namespace lotmark::http
