// Every limit of the server, and what clients do wrong, as a client meets it.
#include <gtest/gtest.h>

#include <chrono>
#include <thread>

#include "http/server.h"
#include "http/testing/client.h"
#include "http/testing/echo.h"

namespace lotmark::http {
namespace {

using std::chrono::milliseconds;
using testing::Client;
using testing::ConnectTo;
using testing::Echo;
using testing::StartServer;

Options Small() {
  Options options;
  options.limits = {.max_body_bytes = 1000,
                    .max_header_bytes = 2000,
                    .max_header_count = 10,
                    .max_target_bytes = 500,
                    .max_buffered_bytes = 10'000,
                    .header_timeout = milliseconds(10'000),
                    .body_timeout = milliseconds(10'000),
                    .idle_timeout = milliseconds(10'000),
                    .write_timeout = milliseconds(10'000)};
  return options;
}

Options Impatient() {
  Options options = Small();
  options.limits.header_timeout = milliseconds(200);
  options.limits.body_timeout = milliseconds(200);
  options.limits.idle_timeout = milliseconds(500);
  options.limits.write_timeout = milliseconds(1000);
  return options;
}

struct BadCase {
  const char* name;
  std::string bytes;
  int status;
  const char* code;
};

std::string Get(const std::string& target) { return "GET " + target + " HTTP/1.1\r\nHost: x\r\n\r\n"; }
std::string Post(const std::string& headers, const std::string& body = "") {
  return "POST / HTTP/1.1\r\nHost: x\r\n" + headers + "\r\n" + body;
}
std::string TlsHello() {
  return std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11) + std::string(506, '\xab');
}
std::string ManyHeaders(int count) {
  std::string headers;
  for (int i = 0; i < count; ++i) headers += "H" + std::to_string(i) + ": v\r\n";
  return headers;
}

class BadRequest : public ::testing::TestWithParam<BadCase> {};

TEST_P(BadRequest, IsRefusedThenClosedAndTheServerStaysUp) {
  Options options = Small();
  options.on_refusal = [](Response& response) { response.headers.emplace_back("X-Named", "yes"); };
  const auto server = StartServer(Echo, options);
  Client client = ConnectTo(*server);
  (void)client.Send(GetParam().bytes);  // the server may refuse before all of it is sent
  const auto reply = client.ReadReply();
  ASSERT_TRUE(reply) << reply.error().text;
  EXPECT_EQ(reply->header("x-named"), "yes");
  EXPECT_EQ(reply->status, GetParam().status) << reply->body;
  EXPECT_EQ(reply->header("content-type"), "application/json");
  EXPECT_EQ(reply->header("connection"), "close");
  const std::string begin = std::string(R"({"error":{"code":")") + GetParam().code + R"(","message":")";
  EXPECT_TRUE(reply->body.starts_with(begin)) << reply->body;
  client.ShutdownWrite();
  EXPECT_TRUE(client.IsClosed());

  const auto honest = ConnectTo(*server).Fetch("GET", "/");
  ASSERT_TRUE(honest);
  EXPECT_EQ(honest->status, 200);
}

INSTANTIATE_TEST_SUITE_P(
    Server, BadRequest,
    ::testing::Values(
        BadCase{"Garbage", "hello world\r\n\r\n", 400, "bad_request"},
        BadCase{"BinaryGarbage", std::string("\0\1\2\3", 4), 400, "bad_request"},
        BadCase{"TlsClientHello", TlsHello(), 400, "bad_request"},
        BadCase{"NoVersion", "GET /\r\n\r\n", 400, "bad_request"},
        BadCase{"OtherProtocol", "GET / SIP/2.0\r\n\r\n", 400, "bad_request"},
        BadCase{"Http2Preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505, "version_not_supported"},
        BadCase{"Http09Version", "GET / HTTP/0.9\r\n\r\n", 505, "version_not_supported"},
        BadCase{"NoHost", "GET / HTTP/1.1\r\n\r\n", 400, "bad_request"},
        BadCase{"TwoHosts", "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400, "bad_request"},
        BadCase{"SpaceBeforeColon", Post("A : b\r\n"), 400, "bad_request"},
        BadCase{"FoldedLine", Post("A: b\r\n c\r\n"), 400, "bad_request"},
        BadCase{"BareLineFeed", Post("A: b\nC: d\r\n"), 400, "bad_request"},
        BadCase{"BareCarriageReturn", Post("A: b\rC: d\r\n"), 400, "bad_request"},
        BadCase{"NulInHeader", Post(std::string("A: b\0c\r\n", 8)), 400, "bad_request"},
        BadCase{"BothLengths", Post("Content-Length: 3\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"), 400,
                "bad_request"},
        BadCase{"BothLengthsOtherOrder", Post("Transfer-Encoding: chunked\r\nContent-Length: 3\r\n", "0\r\n\r\n"), 400,
                "bad_request"},
        BadCase{"TwoLengths", Post("Content-Length: 3\r\nContent-Length: 3\r\n", "abc"), 400, "bad_request"},
        BadCase{"TwoDifferentLengths", Post("Content-Length: 3\r\nContent-Length: 4\r\n", "abcd"), 400, "bad_request"},
        BadCase{"ListOfLengths", Post("Content-Length: 3, 3\r\n", "abc"), 400, "bad_request"},
        BadCase{"NegativeLength", Post("Content-Length: -1\r\n"), 400, "bad_request"},
        BadCase{"SignedLength", Post("Content-Length: +1\r\n", "a"), 400, "bad_request"},
        BadCase{"LengthBeyond64Bits", Post("Content-Length: 99999999999999999999999\r\n"), 400, "bad_request"},
        BadCase{"EmptyLength", Post("Content-Length: \r\n"), 400, "bad_request"},
        BadCase{"TwoEncodings", Post("Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"), 400,
                "bad_request"},
        BadCase{"EncodingInHttp10", "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400,
                "bad_request"},
        BadCase{"UnknownEncoding", Post("Transfer-Encoding: gzip, chunked\r\n", "0\r\n\r\n"), 501, "not_implemented"},
        BadCase{"EncodingLookAlike", Post("Transfer-Encoding: xchunked\r\n", "0\r\n\r\n"), 501, "not_implemented"},
        BadCase{"UnknownExpectation", Post("Expect: the-unexpected\r\n"), 417, "expectation_failed"},
        BadCase{"BodyTooLong", Post("Content-Length: 1001\r\n"), 413, "body_too_large"},
        BadCase{"BodyTooLongWhileExpecting", Post("Content-Length: 1001\r\nExpect: 100-continue\r\n"), 413,
                "body_too_large"},
        BadCase{"HugeChunk", Post("Transfer-Encoding: chunked\r\n", "7fffffffffffffff\r\n"), 413, "body_too_large"},
        BadCase{"ChunkBeyond64Bits", Post("Transfer-Encoding: chunked\r\n", "fffffffffffffffff\r\nx"), 400,
                "bad_request"},
        BadCase{"ChunksTooLongTogether",
                Post("Transfer-Encoding: chunked\r\n",
                     "200\r\n" + std::string(0x200, 'a') + "\r\n200\r\n" + std::string(0x200, 'a') + "\r\n0\r\n\r\n"),
                413, "body_too_large"},
        BadCase{"ChunkWithoutSize", Post("Transfer-Encoding: chunked\r\n", "xyz\r\n"), 400, "bad_request"},
        BadCase{"ChunkLongerThanSaid", Post("Transfer-Encoding: chunked\r\n", "2\r\nabcd\r\n0\r\n\r\n"), 400,
                "bad_request"},
        BadCase{"EndlessChunkExtension", Post("Transfer-Encoding: chunked\r\n", "1;" + std::string(5000, 'e')), 400,
                "bad_request"},
        BadCase{"EndlessTrailer",
                Post("Transfer-Encoding: chunked\r\n", "0\r\nA: " + std::string(5000, 'e') + "\r\nB: c\r\n"), 400,
                "bad_request"},
        BadCase{"MegabyteHeader", Post("A: " + std::string(1u << 20, 'h') + "\r\n"), 431, "header_too_large"},
        BadCase{"TooManyHeaders", Post(ManyHeaders(11)), 431, "header_too_large"},
        BadCase{"LongTarget", Get("/" + std::string(600, 't')), 414, "target_too_long"},
        BadCase{"EndlessTarget", "GET /" + std::string(1u << 20, 't'), 414, "target_too_long"},
        BadCase{"DotDot", Get("/models/../volume.json"), 400, "bad_request"},
        BadCase{"EscapedDotDot", Get("/models/%2e%2E/volume.json"), 400, "bad_request"},
        BadCase{"EscapedSlash", Get("/models/a%2fb"), 400, "bad_request"},
        BadCase{"Backslash", Get("/models\\a"), 400, "bad_request"},
        BadCase{"EscapedNul", Get("/models%00"), 400, "bad_request"},
        BadCase{"BadEscape", Get("/models%zz"), 400, "bad_request"},
        BadCase{"Authority", "CONNECT example.org:443 HTTP/1.1\r\nHost: x\r\n\r\n", 400, "bad_request"}),
    [](const auto& param) { return param.param.name; });

TEST(ServerLimits, HeaderLimitHoldsForDrippedLines) {
  Options options = Small();
  options.limits.max_header_count = 100'000;
  const auto server = StartServer(Echo, options);
  Client client = ConnectTo(*server);
  ASSERT_TRUE(client.Send("GET / HTTP/1.1\r\nHost: x\r\n"));
  for (int i = 0; i < 300 && client.Send("Dripped-Header: value\r\n"); ++i) std::this_thread::yield();
  const auto reply = client.ReadReply();
  ASSERT_TRUE(reply) << reply.error().text;
  EXPECT_EQ(reply->status, 431);
}

TEST(ServerLimits, BodyOfExactlyTheLimitIsTaken) {
  const auto server = StartServer(Echo, Small());
  EXPECT_EQ(ConnectTo(*server).Fetch("POST", "/", {}, std::string(1000, 'a'))->status, 200);
}

TEST(ServerLimits, RefusalReachesAClientThatKeepsSendingItsBody) {
  const auto server = StartServer(Echo, Small());
  Client client = ConnectTo(*server);
  ASSERT_TRUE(client.Send(Post("Content-Length: 20000000\r\n")));
  const std::string piece(100'000, 'b');
  for (int i = 0; i < 200; ++i) ASSERT_TRUE(client.Send(piece)) << i;
  const auto reply = client.ReadReply();
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->status, 413);
}

TEST(ServerLimits, SlowHeaderIsTimedOut) {
  const auto server = StartServer(Echo, Impatient());
  Client client = ConnectTo(*server);
  for (int i = 0; i < 10 && !client.HasBytesWithin(50); ++i)
    ASSERT_TRUE(client.Send(i == 0 ? "GET / HTTP/1.1\r\nA: " : "a"));
  const auto reply = client.ReadReply();
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->status, 408);
  client.ShutdownWrite();
  EXPECT_TRUE(client.IsClosed());
}

TEST(ServerLimits, SlowBodyIsTimedOut) {
  const auto server = StartServer(Echo, Impatient());
  Client client = ConnectTo(*server);
  ASSERT_TRUE(client.Send(Post("Content-Length: 100\r\n")));
  for (int i = 0; i < 10 && !client.HasBytesWithin(50); ++i) ASSERT_TRUE(client.Send("a"));
  const auto reply = client.ReadReply();
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->status, 408);
}

TEST(ServerLimits, IdleConnectionIsClosedWithoutAWord) {
  const auto server = StartServer(Echo, Impatient());
  Client silent = ConnectTo(*server);
  Client once = ConnectTo(*server);
  ASSERT_TRUE(once.Fetch("GET", "/"));
  EXPECT_TRUE(silent.IsClosed());
  EXPECT_TRUE(once.IsClosed());
}

TEST(ServerLimits, SlowHandlerIsNotTheClientsFault) {
  const auto server = StartServer(
      [](const Request&, const Responder& respond) {
        std::thread([respond] {
          std::this_thread::sleep_for(milliseconds(700));
          respond({});
        }).detach();
      },
      Impatient());
  EXPECT_EQ(ConnectTo(*server).Fetch("GET", "/")->status, 200);
}

TEST(ServerLimits, ClientThatReadsNothingIsCutOff) {
  const auto server = StartServer(
      [](const Request&, const Responder& respond) {
        respond({.status = 200, .content_type = "", .headers = {}, .body = std::string(20u << 20, 'x')});
      },
      Impatient());
  Client client = ConnectTo(*server);
  ASSERT_TRUE(client.Send(Get("/")));
  std::this_thread::sleep_for(milliseconds(1600));
  EXPECT_FALSE(client.ReadReply());
}

TEST(ServerLimits, TruncatedRequestIsAnsweredWhereTheClientStillListens) {
  const auto server = StartServer(Echo, Small());
  for (const std::string& begin : {std::string("GET / HT"), Post("Content-Length: 10\r\n", "abc")}) {
    Client client = ConnectTo(*server);
    ASSERT_TRUE(client.Send(begin));
    client.ShutdownWrite();
    const auto reply = client.ReadReply();
    ASSERT_TRUE(reply) << begin;
    EXPECT_EQ(reply->status, 400);
    EXPECT_TRUE(client.IsClosed());
  }
}

TEST(ServerLimits, BodyLongerThanSaidIsTheNextRequest) {
  const auto server = StartServer(Echo, Small());
  Client client = ConnectTo(*server);
  ASSERT_TRUE(client.Send(Post("Content-Length: 3\r\n", "abcdef GARBAGE\r\n\r\n")));
  const auto first = client.ReadReply();
  ASSERT_TRUE(first);
  EXPECT_EQ(first->body, "POST /? abc");
  const auto second = client.ReadReply();
  ASSERT_TRUE(second);
  EXPECT_EQ(second->status, 400);
}

TEST(ServerLimits, PathIsDecodedOnceOnly) {
  const auto server = StartServer(Echo, Small());
  EXPECT_EQ(ConnectTo(*server).Fetch("GET", "/a/%252e%252e/b")->body, "GET /a/%2e%2e/b? ");
}

TEST(ServerLimits, UnknownMethodsAreTheHandlersBusiness) {
  const auto server = StartServer(Echo, Small());
  EXPECT_EQ(ConnectTo(*server).Fetch("BREW", "/pot")->body, "BREW /pot? ");
  EXPECT_EQ(ConnectTo(*server).Fetch("OPTIONS", "*")->body, "OPTIONS *? ");
}

TEST(ServerLimits, BodiesOfAllClientsTogetherAreBounded) {
  Options options = Small();
  options.limits.max_buffered_bytes = 2500;
  const auto server = StartServer(Echo, options);
  std::vector<Client> hoarders;
  for (int i = 0; i < 2; ++i) {
    hoarders.push_back(ConnectTo(*server));
    ASSERT_TRUE(hoarders.back().Send(Post("Content-Length: 1000\r\n", std::string(999, 'h'))));
  }
  std::this_thread::sleep_for(milliseconds(50));
  const auto refused = ConnectTo(*server).Fetch("POST", "/", {}, std::string(900, 'r'));
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->status, 503);
  EXPECT_EQ(refused->header("retry-after"), "1");
  EXPECT_EQ(ConnectTo(*server).Fetch("GET", "/small")->status, 200);

  for (Client& hoarder : hoarders) {
    ASSERT_TRUE(hoarder.Send("h"));
    EXPECT_EQ(hoarder.ReadReply()->status, 200);
  }
  EXPECT_EQ(ConnectTo(*server).Fetch("POST", "/", {}, std::string(900, 'r'))->status, 200);
}

}  // namespace
}  // namespace lotmark::http
