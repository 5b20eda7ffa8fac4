// Responders, disappearing clients, many connections, descriptor exhaustion, and stopping.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <ctime>
#include <future>
#include <mutex>
#include <optional>
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

constexpr std::string_view kGet = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";

// Keeps the responders of all requests until the test takes them.
class Pending {
 public:
  Handler AsHandler() {
    return [this](const Request&, Responder respond) {
      const std::lock_guard lock(mutex_);
      responders_.push_back(std::move(respond));
    };
  }
  std::vector<Responder> TakeAll(size_t count) {
    for (int i = 0; i < 2000; ++i) {
      {
        const std::lock_guard lock(mutex_);
        if (responders_.size() >= count) return std::exchange(responders_, {});
      }
      std::this_thread::sleep_for(milliseconds(5));
    }
    ADD_FAILURE() << "the handler was not asked " << count << " times";
    return {};
  }

 private:
  std::mutex mutex_;
  std::vector<Responder> responders_;
};

TEST(Responder, SecondCallIsIgnored) {
  const auto server = StartServer([](const Request&, const Responder& respond) {
    respond({.status = 201, .content_type = "", .headers = {}, .body = ""});
    respond({.status = 202, .content_type = "", .headers = {}, .body = ""});
  });
  Client client = ConnectTo(*server);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(client.Fetch("GET", "/")->status, 201);
}

TEST(Responder, DroppedWithoutACallAnswers500) {
  const auto server = StartServer([](const Request&, const Responder&) {});
  Client client = ConnectTo(*server);
  for (int i = 0; i < 2; ++i) {
    const auto reply = client.Fetch("GET", "/");
    ASSERT_TRUE(reply);
    EXPECT_EQ(reply->status, 500);
    EXPECT_NE(reply->body.find(R"("code":"internal")"), std::string::npos);
  }
}

TEST(Responder, ThrowingHandlerAnswers500) {
  const auto server = StartServer([](const Request&, const Responder&) { throw std::bad_alloc(); });
  EXPECT_EQ(ConnectTo(*server).Fetch("GET", "/")->status, 500);
}

TEST(Responder, ResponseThatWouldForgeHeadersBecomes500) {
  for (const Headers& headers : {Headers{{"X-A", "b\r\nSet-Cookie: c"}}, Headers{{"X A", "b"}}, Headers{{"", "b"}}}) {
    const auto server = StartServer([headers](const Request&, const Responder& respond) {
      respond({.status = 200, .content_type = "", .headers = headers, .body = ""});
    });
    const auto reply = ConnectTo(*server).Fetch("GET", "/");
    ASSERT_TRUE(reply);
    EXPECT_EQ(reply->status, 500);
    EXPECT_EQ(reply->header("set-cookie"), "");
  }
}

TEST(Responder, HeadersOfTheResponseReplaceDefaultsButNotTheServersOwn) {
  const auto server = StartServer([](const Request&, const Responder& respond) {
    respond({.status = 200,
             .content_type = "text/plain",
             .headers = {{"cache-control", "max-age=9"}, {"Content-length", "0"}, {"ETag", "\"e\""}},
             .body = "body"});
  });
  const auto reply = ConnectTo(*server).Fetch("GET", "/");
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->header("cache-control"), "max-age=9");
  EXPECT_EQ(reply->header("etag"), "\"e\"");
  EXPECT_EQ(reply->body, "body");
}

TEST(Responder, MayComeAfterTheClientHasGone) {
  Pending pending;
  const auto server = StartServer(pending.AsHandler());
  Client client = ConnectTo(*server);
  ASSERT_TRUE(client.Send(kGet));
  auto responders = pending.TakeAll(1);
  client.Reset();
  std::this_thread::sleep_for(milliseconds(20));
  for (auto& respond : responders) respond({.status = 200, .content_type = "", .headers = {}, .body = "late"});

  Client other = ConnectTo(*server);
  ASSERT_TRUE(other.Send(kGet));
  for (auto& respond : pending.TakeAll(1)) respond({});
  EXPECT_EQ(other.ReadReply()->status, 200);
}

TEST(Responder, MayComeAfterTheServerHasGone) {
  Pending pending;
  auto server = StartServer(pending.AsHandler());
  Client client = ConnectTo(*server);
  ASSERT_TRUE(client.Send(kGet));
  auto responders = pending.TakeAll(1);
  server.reset();
  EXPECT_TRUE(client.IsClosed());
  for (auto& respond : responders) respond({.status = 200, .content_type = "", .headers = {}, .body = "too late"});
  responders.clear();
}

TEST(Server, SurvivesClientsThatDisappearDuringTheResponse) {
  const auto server = StartServer([](const Request&, const Responder& respond) {
    respond({.status = 200, .content_type = "", .headers = {}, .body = std::string(8u << 20, 'x')});
  });
  for (int i = 0; i < 5; ++i) {
    Client client = ConnectTo(*server);
    ASSERT_TRUE(client.Send(kGet));
    ASSERT_TRUE(client.HasBytesWithin(1000));
    client.Reset();
  }
  EXPECT_EQ(ConnectTo(*server).Fetch("GET", "/")->body.size(), 8u << 20);
}

// The processor time, in seconds, that `count` requests on one connection cost server and client together. Not the time
// on the wall: that would measure what else the machine is doing.
double Cost(const Server& server, int count) {
  Client client = ConnectTo(server);
  const std::clock_t begin = std::clock();
  for (int i = 0; i < count; ++i) EXPECT_EQ(client.Fetch("GET", "/")->status, 200);
  return static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC;
}

TEST(Server, ThousandIdleConnectionsCostNothingThatAClientNotices) {
  rlimit files{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &files), 0);
  const rlimit raised{.rlim_cur = files.rlim_max, .rlim_max = files.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &raised), 0);
  if (files.rlim_max < 4000) GTEST_SKIP() << "needs 4,000 file descriptors";
  const auto server = StartServer(Echo);
  const double alone = Cost(*server, 500);
  std::vector<Client> idle;
  for (int i = 0; i < 1000; ++i) {
    idle.push_back(ConnectTo(*server));
    ASSERT_EQ(idle.back().Fetch("GET", "/")->status, 200);
  }
  EXPECT_LT(Cost(*server, 500), 3 * alone + 0.05) << "alone: " << alone;
  for (Client& client : idle) ASSERT_EQ(client.Fetch("GET", "/")->status, 200);
  EXPECT_EQ(::setrlimit(RLIMIT_NOFILE, &files), 0);
}

TEST(Server, RefusesConnectionsBeyondTheMaximum) {
  Options options;
  options.max_connections = 3;
  const auto server = StartServer(Echo, options);
  std::vector<Client> inside;
  for (int i = 0; i < 3; ++i) {
    inside.push_back(ConnectTo(*server));
    ASSERT_EQ(inside.back().Fetch("GET", "/")->status, 200);
  }
  std::vector<Client> outside;
  // Those who keep waiting beyond so many are closed at once: in words where that takes no handshake.
  const int many = testing::OverTls() ? 30 : 60;
  for (int i = 0; i < many; ++i) {
    outside.push_back(ConnectTo(*server));
    const auto refused = outside.back().ReadReply();
    ASSERT_TRUE(refused) << i;
    EXPECT_EQ(refused->status, 503);
    EXPECT_EQ(refused->header("retry-after"), "1");
    EXPECT_EQ(refused->header("connection"), "close");
    EXPECT_TRUE(outside.back().IsClosed());
  }
  for (Client& client : inside) EXPECT_EQ(client.Fetch("GET", "/")->status, 200);
  outside.clear();
  inside.pop_back();
  std::this_thread::sleep_for(milliseconds(50));
  EXPECT_EQ(ConnectTo(*server).Fetch("GET", "/")->status, 200);
}

// Runs in a child of its own: exit status 0 = as expected, else the number of the failed step.
int ExhaustDescriptors() {
  const auto server = StartServer(Echo);
  Client inside = ConnectTo(*server);
  if (const auto reply = inside.Fetch("GET", "/"); !reply || reply->status != 200) return 1;
  std::vector<Client> waiting;
  const rlimit few{.rlim_cur = 64, .rlim_max = 64};
  if (::setrlimit(RLIMIT_NOFILE, &few) != 0) return 2;
  std::vector<int> hogs;
  for (int fd = ::open("/dev/null", O_RDONLY); fd >= 0; fd = ::open("/dev/null", O_RDONLY)) hogs.push_back(fd);

  // One descriptor for the client's side; the server has only its spare.
  for (int i = 0; i < 5; ++i) {
    ::close(hogs.back());
    auto client = Client::Connect(server->port());
    if (!client) return 3;
    const auto reply = client->ReadReply();
    if (!reply || reply->status != 503) return 4;
    Client gone = std::move(*client);
    gone.Reset();
    hogs.back() = ::open("/dev/null", O_RDONLY);
  }
  if (const auto reply = inside.Fetch("GET", "/"); !reply || reply->status != 200) return 5;
  const std::clock_t before = std::clock();
  std::this_thread::sleep_for(milliseconds(300));
  if (std::clock() - before > CLOCKS_PER_SEC / 10) return 6;  // it spins

  for (const int fd : hogs) ::close(fd);
  auto again = Client::Connect(server->port());
  if (!again) return 7;
  if (const auto reply = again->Fetch("GET", "/"); !reply || reply->status != 200) return 8;
  return 0;
}

TEST(Server, RefusesCleanlyWhenTheProcessHasNoDescriptorLeft) {
  if (testing::OverTls()) GTEST_SKIP() << "no answer without a handshake, and no handshake without a descriptor";
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) ::_exit(ExhaustDescriptors());
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFEXITED(status)) << status;
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

TEST(ServerStop, ClosesIdleConnectionsAtOnce) {
  const auto server = StartServer(Echo);
  Client fresh = ConnectTo(*server);
  Client used = ConnectTo(*server);
  ASSERT_TRUE(used.Fetch("GET", "/"));
  const auto begin = std::chrono::steady_clock::now();
  const auto report = server->Stop(milliseconds(60'000));
  EXPECT_LT(std::chrono::steady_clock::now() - begin, milliseconds(20'000));
  EXPECT_LE(report.finished, 1u) << "the last answer may have been read before the server noted it as written";
  EXPECT_EQ(report.abandoned, 0u);
  EXPECT_TRUE(fresh.IsClosed());
  EXPECT_TRUE(used.IsClosed());
  EXPECT_FALSE(Client::Connect(server->port()));
}

TEST(ServerStop, LetsRequestsInFlightFinishAndCountsThem) {
  Pending pending;
  const auto server = StartServer(pending.AsHandler());
  Client waiting = ConnectTo(*server);
  Client sending = ConnectTo(*server);
  ASSERT_TRUE(waiting.Send(kGet));
  auto first = pending.TakeAll(1);
  ASSERT_TRUE(sending.Send(kGet.substr(0, 10)));
  std::this_thread::sleep_for(milliseconds(20));

  auto stopped = std::async(std::launch::async, [&] { return server->Stop(milliseconds(60'000)); });
  std::this_thread::sleep_for(milliseconds(50));
  ASSERT_TRUE(sending.Send(kGet.substr(10)));
  auto second = pending.TakeAll(1);
  for (auto& respond : first) respond({});
  for (auto& respond : second) respond({});
  for (Client* client : {&waiting, &sending}) {
    const auto reply = client->ReadReply();
    ASSERT_TRUE(reply);
    EXPECT_EQ(reply->status, 200);
    EXPECT_EQ(reply->header("connection"), "close");
    EXPECT_TRUE(client->IsClosed());
  }
  const auto report = stopped.get();
  EXPECT_EQ(report.finished, 2u);
  EXPECT_EQ(report.abandoned, 0u);
}

TEST(ServerStop, AnswersRequestsThatHadReachedTheMachine) {
  std::promise<void> entered;
  std::promise<void> go_on;
  const auto server = StartServer([&](const Request& request, const Responder& respond) {
    if (request.path == "/block") {
      entered.set_value();
      go_on.get_future().wait();  // holds the I/O thread, so that all below arrives before it looks
    }
    respond({});
  });
  Client idle = ConnectTo(*server);
  ASSERT_TRUE(idle.Fetch("GET", "/"));
  std::optional<Client> queued;
  if (testing::OverTls()) queued = ConnectTo(*server);  // a handshake needs the thread that is held
  Client blocking = ConnectTo(*server);
  ASSERT_TRUE(blocking.Send("GET /block HTTP/1.1\r\nHost: x\r\n\r\n"));
  entered.get_future().wait();
  ASSERT_TRUE(idle.Send(kGet));
  if (!queued) queued = ConnectTo(*server);
  ASSERT_TRUE(queued->Send(kGet));
  auto stopped = std::async(std::launch::async, [&] { return server->Stop(milliseconds(60'000)); });
  std::this_thread::sleep_for(milliseconds(50));
  go_on.set_value();
  for (Client* client : {&idle, &blocking, &*queued}) {
    const auto reply = client->ReadReply();
    ASSERT_TRUE(reply) << reply.error().text;
    EXPECT_EQ(reply->status, 200);
  }
  EXPECT_EQ(stopped.get().abandoned, 0u);
}

// Idle connections are closed first; one that the server had not even taken is refused in words.
bool WaitUntilDraining(Client& idle) {
  while (idle.HasBytesWithin(5000)) idle.Discard(4096);
  return idle.IsClosed();
}

TEST(ServerStop, RefusesThoseWhoComeMeanwhileAndCountsThem) {
  Pending pending;
  const auto server = StartServer(pending.AsHandler());
  Client waiting = ConnectTo(*server);
  ASSERT_TRUE(waiting.Send(kGet));
  auto responders = pending.TakeAll(1);
  Client idle = ConnectTo(*server);
  auto stopped = std::async(std::launch::async, [&] { return server->Stop(milliseconds(60'000)); });
  EXPECT_TRUE(WaitUntilDraining(idle));
  std::vector<Client> late;
  for (size_t i = 0; i < 40; ++i) {
    late.push_back(ConnectTo(*server));
    const auto reply = late.back().Fetch("GET", "/health/ready");
    ASSERT_TRUE(reply) << i << ": " << reply.error().text;
    EXPECT_EQ(reply->status, 503);
    EXPECT_NE(reply->body.find("draining"), std::string::npos);
    EXPECT_EQ(reply->header("connection"), "close");
    late.back().ShutdownWrite();
    EXPECT_TRUE(late.back().IsClosed());
  }
  for (auto& respond : responders) respond({});
  EXPECT_EQ(waiting.ReadReply()->status, 200);
  const auto report = stopped.get();
  EXPECT_EQ(report.finished, 1u);
  EXPECT_EQ(report.abandoned, 0u);
  EXPECT_GE(report.refused, 40u);
  EXPECT_FALSE(Client::Connect(server->port()));
}

TEST(ServerStop, ClientsThatAreRefusedDoNotHoldUpTheEnd) {
  Pending pending;
  const auto server = StartServer(pending.AsHandler());
  Client waiting = ConnectTo(*server);
  ASSERT_TRUE(waiting.Send(kGet));
  auto responders = pending.TakeAll(1);
  Client idle = ConnectTo(*server);
  auto stopped = std::async(std::launch::async, [&] { return server->Stop(milliseconds(600'000)); });
  EXPECT_TRUE(WaitUntilDraining(idle));
  auto silent = Client::Connect(server->port());  // with TLS: never shakes hands
  ASSERT_TRUE(silent);
  for (auto& respond : responders) respond({});
  EXPECT_EQ(waiting.ReadReply()->status, 200);
  EXPECT_EQ(stopped.wait_for(std::chrono::seconds(60)), std::future_status::ready);
}

TEST(Server, TakesNewLimitsWhileItRuns) {
  Options options;
  options.tls = testing::TestCertificate();
  const auto server = StartServer(Echo, options);
  Client client = ConnectTo(*server);
  EXPECT_EQ(client.Fetch("POST", "/", {}, std::string(2000, 'a'))->status, 200);
  Client large = ConnectTo(*server);
  options.limits.max_body_bytes = 1000;
  options.max_connections = 2;
  server->Apply(options);
  EXPECT_EQ(client.Fetch("GET", "/")->status, 200);
  EXPECT_EQ(client.Fetch("POST", "/", {}, std::string(2000, 'a'))->status, 413);
  EXPECT_EQ(large.Fetch("GET", "/")->status, 200);
}

TEST(ServerStop, AbandonsAtTheDeadlineAndCountsThat) {
  Pending pending;
  const auto server = StartServer(pending.AsHandler());
  Client waiting = ConnectTo(*server);
  Client half = ConnectTo(*server);
  ASSERT_TRUE(waiting.Send(kGet));
  ASSERT_TRUE(half.Send("GET / HT"));
  auto responders = pending.TakeAll(1);
  std::this_thread::sleep_for(milliseconds(100));
  const auto report = server->Stop(milliseconds(300));
  EXPECT_EQ(report.finished, 0u);
  EXPECT_EQ(report.abandoned, 2u);
  EXPECT_TRUE(waiting.IsClosed());
  EXPECT_EQ(server->Stop(milliseconds(100)).abandoned, 0u);
}

TEST(ServerStop, DoesNotWaitForClientsThatStayAfterTheirAnswer) {
  const auto server = StartServer(Echo);
  Client stays = ConnectTo(*server);
  ASSERT_TRUE(stays.Fetch("GET", "/", {{"Connection", "close"}}));
  const auto begin = std::chrono::steady_clock::now();
  server->Stop(milliseconds(60'000));
  EXPECT_LT(std::chrono::steady_clock::now() - begin, milliseconds(4000)) << "less than it lingers otherwise";
}

}  // namespace
}  // namespace lotmark::http
