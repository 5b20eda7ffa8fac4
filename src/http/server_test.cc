// The honest side of the server: requests in, answers out, over real sockets.
#include "http/server.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "http/testing/client.h"
#include "http/testing/echo.h"

namespace lotmark::http {
namespace {

using testing::Client;
using testing::ConnectTo;
using testing::Echo;
using testing::StartServer;

TEST(Server, AnswersOverOneKeptConnection) {
  const auto server = StartServer(Echo);
  Client client = ConnectTo(*server);
  for (int i = 0; i < 3; ++i) {
    const auto reply = client.Fetch("POST", "/a%20b?q=%41", {{"X-Test", "1"}}, "body" + std::to_string(i));
    ASSERT_TRUE(reply) << reply.error().text;
    EXPECT_EQ(reply->status, 200);
    EXPECT_EQ(reply->body, "POST /a b?q=%41 body" + std::to_string(i));
    EXPECT_EQ(reply->header("connection"), "keep-alive");
  }
}

TEST(Server, AddsItsOwnHeaders) {
  const auto server = StartServer(Echo);
  const auto reply = ConnectTo(*server).Fetch("GET", "/");
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->header("server"), "lotmark");
  EXPECT_EQ(reply->header("x-content-type-options"), "nosniff");
  EXPECT_EQ(reply->header("cache-control"), "no-store");
  EXPECT_EQ(reply->header("content-type"), "text/plain");
  EXPECT_TRUE(reply->header("date").ends_with(" GMT"));
}

TEST(Server, GivesTheHandlerLowerCaseHeadersAndTheClientsAddress) {
  Request seen;
  const auto server = StartServer([&seen](Request request, const Responder& respond) {
    seen = std::move(request);
    respond({.status = 204, .content_type = "", .headers = {}, .body = "not sent"});
  });
  const auto reply = ConnectTo(*server).Fetch("PUT", "http://example.org/x?y", {{"X-Some-Thing", " padded "}}, "b");
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->status, 204);
  EXPECT_EQ(reply->header("content-length"), "");
  EXPECT_EQ(seen.header("x-some-thing"), "padded");
  EXPECT_EQ(seen.header("absent"), "");
  EXPECT_EQ(seen.target, "http://example.org/x?y");
  EXPECT_EQ(seen.path, "/x");
  EXPECT_EQ(seen.query, "y");
  EXPECT_EQ(seen.body, "b");
  EXPECT_TRUE(seen.client.starts_with("127.0.0.1:")) << seen.client;
}

TEST(Server, AnswersHeadWithoutBody) {
  const auto server = StartServer(Echo);
  Client client = ConnectTo(*server);
  const auto head = client.Fetch("HEAD", "/x");
  ASSERT_TRUE(head);
  EXPECT_EQ(head->header("content-length"), std::to_string(std::string("HEAD /x? ").size()));
  const auto next = client.Fetch("GET", "/x");
  ASSERT_TRUE(next);
  EXPECT_EQ(next->body, "GET /x? ");
}

TEST(Server, ClosesWhenTheClientAsks) {
  const auto server = StartServer(Echo);
  Client client = ConnectTo(*server);
  const auto reply = client.Fetch("GET", "/", {{"Connection", "close"}});
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->header("connection"), "close");
  EXPECT_TRUE(client.IsClosed());
}

TEST(Server, Http10ClosesUnlessKeepAliveWasAsked) {
  const auto server = StartServer(Echo);
  Client plain = ConnectTo(*server);
  ASSERT_TRUE(plain.Send("GET /old HTTP/1.0\r\n\r\n"));
  const auto reply = plain.ReadReply();
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->body, "GET /old? ");
  EXPECT_TRUE(plain.IsClosed());

  Client keeping = ConnectTo(*server);
  for (int i = 0; i < 2; ++i) {
    ASSERT_TRUE(keeping.Send("GET /old HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"));
    const auto kept = keeping.ReadReply();
    ASSERT_TRUE(kept);
    EXPECT_EQ(kept->status, 200);
  }
}

TEST(Server, AnswersPipelinedRequestsInOrder) {
  const auto server = StartServer([](const Request& request, const Responder& respond) {
    // The first is the slowest: order must not depend on speed.
    const auto delay = std::chrono::milliseconds(request.path == "/0" ? 100 : 0);
    std::thread([respond, delay, path = request.path] {
      std::this_thread::sleep_for(delay);
      respond({.status = 200, .content_type = "text/plain", .headers = {}, .body = path});
    }).detach();
  });
  Client client = ConnectTo(*server);
  std::string requests = "\r\n";  // an empty line before a request line is allowed
  for (int i = 0; i < 20; ++i) {
    requests += "POST /" + std::to_string(i) + " HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc";
  }
  ASSERT_TRUE(client.Send(requests));
  for (int i = 0; i < 20; ++i) {
    const auto reply = client.ReadReply();
    ASSERT_TRUE(reply);
    EXPECT_EQ(reply->body, "/" + std::to_string(i));
  }
}

TEST(Server, AnswersAClientThatShutItsWriteSide) {
  const auto server = StartServer(Echo);
  Client client = ConnectTo(*server);
  ASSERT_TRUE(client.Send("GET /1 HTTP/1.1\r\nHost: x\r\n\r\nGET /2 HTTP/1.1\r\nHost: x\r\n\r\n"));
  client.ShutdownWrite();
  for (const std::string_view path : {"GET /1? ", "GET /2? "}) {
    const auto reply = client.ReadReply();
    ASSERT_TRUE(reply);
    EXPECT_EQ(reply->body, path);
  }
  EXPECT_TRUE(client.IsClosed());
}

TEST(Server, CarriesLargeBodiesBothWays) {
  const auto server = StartServer(Echo);
  const std::string body(9u << 20, 'z');
  Client client = ConnectTo(*server);
  for (int i = 0; i < 2; ++i) {
    const auto reply = client.Fetch("POST", "/", {}, body);
    ASSERT_TRUE(reply) << reply.error().text;
    EXPECT_EQ(reply->body, "POST /? " + body);
  }
}

TEST(Server, ReadsChunkedBodiesWithTinyChunksAndDropsTrailers) {
  Request seen;
  const auto server = StartServer([&seen](Request request, const Responder& respond) {
    seen = std::move(request);
    respond({});
  });
  Client client = ConnectTo(*server);
  ASSERT_TRUE(client.Send("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: Chunked\r\n\r\n"));
  std::string sent;
  for (int i = 0; i < 500; ++i) {
    const char byte = static_cast<char>('a' + i % 26);
    sent.push_back(byte);
    ASSERT_TRUE(client.Send(std::string("1;ext=\"v\"\r\n") + byte + "\r\n"));
  }
  ASSERT_TRUE(client.Send("0\r\nX-Trailer: late\r\n\r\n"));
  const auto reply = client.ReadReply();
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->status, 200);
  EXPECT_EQ(seen.body, sent);
  EXPECT_EQ(seen.header("x-trailer"), "");
  EXPECT_EQ(client.Fetch("GET", "/next")->status, 200);
}

TEST(Server, SendsContinueToAClientThatWaitsForIt) {
  const auto server = StartServer(Echo);
  Client client = ConnectTo(*server);
  ASSERT_TRUE(client.Send("POST /c HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n"));
  const auto go_on = client.ReadReply();
  ASSERT_TRUE(go_on);
  EXPECT_EQ(go_on->status, 100);
  ASSERT_TRUE(client.Send("data"));
  const auto reply = client.ReadReply();
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->body, "POST /c? data");
}

TEST(Server, ServesManyConnectionsAtOnceFromOtherThreads) {
  const auto server = StartServer([](const Request& request, const Responder& respond) {
    std::thread([respond, path = request.path] {
      respond({.status = 200, .content_type = "text/plain", .headers = {}, .body = path});
    }).detach();
  });
  std::atomic<int> right = 0;
  std::vector<std::thread> clients;
  for (int c = 0; c < 8; ++c) {
    clients.emplace_back([&, c] {
      Client client = ConnectTo(*server);
      for (int i = 0; i < 50; ++i) {
        const std::string path = "/" + std::to_string(c) + "/" + std::to_string(i);
        const auto reply = client.Fetch("GET", path);
        if (reply && reply->body == path) ++right;
      }
    });
  }
  for (auto& client : clients) client.join();
  EXPECT_EQ(right, 400);
}

TEST(Server, ListensOnIpv6) {
  Options options;
  options.host = "::1";
  options.port = 0;
  const auto server = Server::Start(options, Echo);
  if (!server) GTEST_SKIP() << server.error().text;
  EXPECT_GT((*server)->port(), 0);
}

TEST(ServerStart, SaysWhyItCannotListen) {
  Options options;
  options.host = "localhost\n";
  auto server = Server::Start(options, Echo);
  ASSERT_FALSE(server);
  EXPECT_EQ(server.error().code, ErrorCode::kRefused);
  EXPECT_EQ(server.error().text, "listen address: localhost\\x0a: not an IP address");

  const auto other = StartServer(Echo);
  options.host = "127.0.0.1";
  options.port = other->port();
  server = Server::Start(options, Echo);
  ASSERT_FALSE(server);
  EXPECT_EQ(server.error().code, ErrorCode::kMachine);
  EXPECT_NE(server.error().text.find("Address already in use"), std::string::npos) << server.error().text;
}

}  // namespace
}  // namespace lotmark::http
