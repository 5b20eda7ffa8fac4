// Streamed bodies: whole and exact, flat in memory, honest when the source fails, and free of what clients do to them.
#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <future>
#include <thread>

#include "http/testing/client.h"
#include "http/testing/echo.h"

namespace lotmark::http {
namespace {

using std::chrono::milliseconds;
using testing::Client;
using testing::ConnectTo;
using testing::StartServer;

constexpr uint64_t kMiB = 1u << 20;

uint8_t ByteAt(uint64_t offset) { return static_cast<uint8_t>(offset * 31 + (offset >> 16)); }

// Bytes that say where they stand; dies at `fails_at`, is `slow` per read, counts how many of its kind live.
struct Shape {
  uint64_t size = 0;
  uint64_t fails_at = UINT64_MAX;
  uint64_t ends_at = UINT64_MAX;
  size_t most_per_read = SIZE_MAX;
  milliseconds slow{0};
};

struct Watch {
  std::atomic<int> alive = 0;
  std::atomic<uint64_t> read = 0;
  std::atomic<bool> read_on_handlers_thread = false;
  std::atomic<std::thread::id> handlers_thread;
};

class PatternSource : public BodySource {
 public:
  PatternSource(Shape shape, Watch& watch) : shape_(shape), watch_(watch) { ++watch_.alive; }
  ~PatternSource() override { --watch_.alive; }
  uint64_t size() const override { return shape_.size; }
  Result<size_t> ReadAt(uint64_t offset, std::span<uint8_t> out) override {
    std::this_thread::sleep_for(shape_.slow);
    if (std::this_thread::get_id() == watch_.handlers_thread.load()) watch_.read_on_handlers_thread = true;
    if (offset + out.size() > shape_.fails_at) return MachineFailed("disk: input/output error");
    if (offset >= shape_.ends_at) return size_t{0};
    const size_t count = std::min(out.size(), shape_.most_per_read);
    for (size_t i = 0; i < count; ++i) out[i] = ByteAt(offset + i);
    watch_.read += count;
    return count;
  }

 private:
  const Shape shape_;
  Watch& watch_;
};

Handler Stream(Shape shape, Watch& watch) {
  return [shape, &watch](const Request& request, const Responder& respond) {
    watch.handlers_thread = std::this_thread::get_id();
    Response response{.status = 200, .content_type = "application/octet-stream", .headers = {}, .body = "not this"};
    if (request.path != "/small") response.stream = std::make_shared<PatternSource>(shape, watch);
    respond(std::move(response));
  };
}

void ExpectPattern(std::string_view body) {
  for (size_t i = 0; i < body.size(); ++i) {
    if (static_cast<uint8_t>(body[i]) != ByteAt(i)) FAIL() << "byte " << i;
  }
}

void AwaitNone(const Watch& watch) {
  for (int i = 0; i < 1000 && watch.alive > 0; ++i) std::this_thread::sleep_for(milliseconds(5));
  EXPECT_EQ(watch.alive, 0);
}

constexpr std::string_view kGet = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";

TEST(ServerStream, SendsEveryByteInOrderAndKeepsTheConnection) {
  for (const uint64_t size :
       {uint64_t{1}, 256 * 1024 - uint64_t{1}, 256 * uint64_t{1024}, 256 * 1024 + uint64_t{1}, 3 * kMiB}) {
    Watch watch;
    const auto server = StartServer(Stream({.size = size}, watch));
    Client client = ConnectTo(*server);
    for (int i = 0; i < 2; ++i) {
      const auto reply = client.Fetch("GET", "/");
      ASSERT_TRUE(reply) << reply.error().text;
      EXPECT_EQ(reply->status, 200);
      EXPECT_EQ(reply->header("content-length"), std::to_string(size));
      ASSERT_EQ(reply->body.size(), size);
      ExpectPattern(reply->body);
    }
    EXPECT_EQ(client.Fetch("GET", "/small")->body, "not this");
    AwaitNone(watch);
    EXPECT_FALSE(watch.read_on_handlers_thread);
  }
}

// The pattern in a real file, `skipped` bytes into it; counts what is read in pieces.
class FileSource : public BodySource {
 public:
  FileSource(uint64_t promised, uint64_t there, uint64_t skipped) : promised_(promised), skipped_(skipped) {
    std::vector<uint8_t> content(skipped + there, 0xEE);
    for (uint64_t i = 0; i < there; ++i) content[skipped + i] = ByteAt(i);
    EXPECT_EQ(std::fwrite(content.data(), 1, content.size(), file_), content.size());
    EXPECT_EQ(std::fflush(file_), 0);
  }
  ~FileSource() override { std::fclose(file_); }
  uint64_t size() const override { return promised_; }
  std::optional<FilePart> file() const override { return FilePart{::fileno(file_), skipped_}; }
  Result<size_t> ReadAt(uint64_t offset, std::span<uint8_t> out) override {
    const ssize_t count = ::pread(::fileno(file_), out.data(), out.size(), static_cast<off_t>(skipped_ + offset));
    if (count <= 0) {
      ++failures;
      return Refused("it ends too early");
    }
    read += static_cast<uint64_t>(count);
    return static_cast<size_t>(count);
  }

  std::atomic<uint64_t> read = 0;
  std::atomic<int> failures = 0;

 private:
  std::FILE* const file_ = std::tmpfile();
  const uint64_t promised_;
  const uint64_t skipped_;
};

Handler Give(std::shared_ptr<FileSource> source) {
  return [source](const Request&, const Responder& respond) {
    Response response{.status = 200, .content_type = "application/octet-stream", .headers = {}, .body = ""};
    response.stream = source;
    respond(std::move(response));
  };
}

TEST(ServerStream, AFileIsSentExactlyAndPassesMemoryOnlyUnderTls) {
  for (const uint64_t size : {uint64_t{1000}, 256 * uint64_t{1024}, 256 * 1024 + uint64_t{1}, 20 * kMiB + 7}) {
    const auto source = std::make_shared<FileSource>(size, size, 4099);
    const auto server = StartServer(Give(source));
    Client client = ConnectTo(*server);
    for (int i = 0; i < 2; ++i) {
      const auto reply = client.Fetch("GET", "/");
      ASSERT_TRUE(reply) << reply.error().text;
      ASSERT_EQ(reply->body.size(), size);
      ExpectPattern(reply->body);
    }
    const uint64_t first_pieces = 2 * std::min<uint64_t>(size, 256 * 1024);
    EXPECT_EQ(source->read, testing::OverTls() ? 2 * size : first_pieces);
    EXPECT_EQ(source->failures, 0);
  }
}

TEST(ServerStream, AFileThatEndsTooEarlyBreaksTheConnectionAndTheSourceIsAsked) {
  const auto source = std::make_shared<FileSource>(5 * kMiB, 3 * kMiB, 0);
  const auto server = StartServer(Give(source));
  EXPECT_FALSE(ConnectTo(*server).Fetch("GET", "/"));
  EXPECT_GE(source->failures, 1);
}

TEST(ServerStream, AFileOutlivesClientsThatGo) {
  const auto source = std::make_shared<FileSource>(64 * kMiB, 64 * kMiB, 0);
  {
    const auto server = StartServer(Give(source));
    for (int i = 0; i < 8; ++i) {
      Client client = ConnectTo(*server);
      ASSERT_TRUE(client.Send("GET / HTTP/1.1\r\nHost: x\r\n\r\n"));
      std::this_thread::sleep_for(milliseconds(5 * i));
    }
    const auto reply = ConnectTo(*server).Fetch("GET", "/");
    ASSERT_TRUE(reply) << reply.error().text;
    ExpectPattern(reply->body);
  }
  EXPECT_EQ(source.use_count(), 1);
  EXPECT_EQ(source->failures, 0);
}

TEST(ServerStream, TakesShortReadsAsTheyCome) {
  Watch watch;
  const auto server = StartServer(Stream({.size = 100'000, .most_per_read = 999}, watch));
  const auto reply = ConnectTo(*server).Fetch("GET", "/");
  ASSERT_TRUE(reply) << reply.error().text;
  ASSERT_EQ(reply->body.size(), 100'000u);
  ExpectPattern(reply->body);
}

TEST(ServerStream, AnEmptyBodyIsAnAnswerToo) {
  Watch watch;
  const auto server = StartServer(Stream({.size = 0}, watch));
  Client client = ConnectTo(*server);
  for (int i = 0; i < 2; ++i) {
    const auto reply = client.Fetch("GET", "/");
    ASSERT_TRUE(reply) << reply.error().text;
    EXPECT_EQ(reply->header("content-length"), "0");
  }
}

TEST(ServerStream, HeadReadsNothing) {
  Watch watch;
  const auto server = StartServer(Stream({.size = 3 * kMiB}, watch));
  Client client = ConnectTo(*server);
  const auto head = client.Fetch("HEAD", "/");
  ASSERT_TRUE(head);
  EXPECT_EQ(head->header("content-length"), std::to_string(3 * kMiB));
  EXPECT_FALSE(client.HasBytesWithin(30));
  EXPECT_EQ(watch.read, 0u);
  EXPECT_EQ(client.Fetch("GET", "/small")->body, "not this");
}

TEST(ServerStream, ASourceThatFailsAtOnceIs500) {
  for (const Shape& shape : {Shape{.size = kMiB, .fails_at = 0}, Shape{.size = kMiB, .ends_at = 0}}) {
    Watch watch;
    const auto server = StartServer(Stream(shape, watch));
    const auto reply = ConnectTo(*server).Fetch("GET", "/");
    ASSERT_TRUE(reply) << reply.error().text;
    EXPECT_EQ(reply->status, 500);
    EXPECT_EQ(reply->body.find("disk"), std::string::npos) << "the failure is the operator's business";
    AwaitNone(watch);
  }
}

TEST(ServerStream, ASourceThatFailsMidWayBreaksTheConnection) {
  for (const Shape& shape : {Shape{.size = kMiB, .fails_at = kMiB / 2}, Shape{.size = kMiB, .ends_at = kMiB / 2}}) {
    Watch watch;
    const auto server = StartServer(Stream(shape, watch));
    Client client = ConnectTo(*server);
    const auto reply = client.Fetch("GET", "/");
    ASSERT_FALSE(reply) << "a client must not take half for the whole";
    EXPECT_NE(reply.error().text.find("ended in its body"), std::string::npos) << reply.error().text;
    AwaitNone(watch);
    EXPECT_EQ(ConnectTo(*server).Fetch("GET", "/small")->status, 200);
  }
}

// Of this process, in bytes.
uint64_t ResidentBytes() {
  std::FILE* statm = std::fopen("/proc/self/statm", "r");
  unsigned long pages = 0;
  if (statm != nullptr) {
    EXPECT_EQ(std::fscanf(statm, "%*u %lu", &pages), 1);
    std::fclose(statm);
  }
  return uint64_t{pages} * 4096;
}

TEST(ServerStream, ALargeBodyToASlowReaderTakesTwoPiecesOfMemory) {
#ifdef __SANITIZE_ADDRESS__
  if (testing::OverTls()) GTEST_SKIP() << "the sanitizer keeps what is freed, and OpenSSL's buffers come and go";
#endif
  Watch watch;
  const auto server = StartServer(Stream({.size = 64 * kMiB}, watch));
  ASSERT_TRUE(ConnectTo(*server).Fetch("GET", "/small"));
  Client client = ConnectTo(*server);
  const uint64_t before = ResidentBytes();
  ASSERT_TRUE(client.Send(kGet));
  uint64_t most = 0;
  uint64_t received = 0;
  for (int i = 0; received < 64 * kMiB; ++i) {
    const size_t count = client.Discard(64 * 1024);
    ASSERT_GT(count, 0u);
    received += count;
    if (i % 32 == 0) std::this_thread::sleep_for(milliseconds(1));
    if (i % 64 == 0) most = std::max(most, ResidentBytes());
  }
  EXPECT_LT(most, before + 4 * kMiB) << "grew by " << (most - before) / 1024 << " KiB";
  AwaitNone(watch);
}

TEST(ServerStream, ReadsNoFurtherThanOnePieceAheadOfAStalledClient) {
  Watch watch;
  Options options;
  options.limits.write_timeout = milliseconds(400);
  const auto server = StartServer(Stream({.size = 256 * kMiB}, watch), options);
  Client client = ConnectTo(*server);
  ASSERT_TRUE(client.Send(kGet));
  ASSERT_TRUE(client.HasBytesWithin(5000));
  std::this_thread::sleep_for(milliseconds(200));
  EXPECT_LT(watch.read, 32 * kMiB) << "the sockets' buffers and two pieces";
  AwaitNone(watch);  // the timeout of the piece
}

TEST(ServerStream, AClientThatDisappearsFreesEverything) {
  Watch watch;
  const auto server = StartServer(Stream({.size = 64 * kMiB, .slow = milliseconds(1)}, watch));
  for (int i = 0; i < 5; ++i) {
    Client client = ConnectTo(*server);
    ASSERT_TRUE(client.Send(kGet));
    ASSERT_TRUE(client.HasBytesWithin(5000));
    client.Reset();
  }
  AwaitNone(watch);
  EXPECT_EQ(ConnectTo(*server).Fetch("GET", "/small")->status, 200);
}

TEST(ServerStream, RefusesMoreStreamsThanItsLimit) {
  Watch watch;
  Options options;
  options.limits.max_streams = 2;
  const auto server = StartServer(Stream({.size = 64 * kMiB}, watch), options);
  std::vector<Client> stalled;
  for (int i = 0; i < 2; ++i) {
    stalled.push_back(ConnectTo(*server));
    ASSERT_TRUE(stalled.back().Send(kGet));
    ASSERT_TRUE(stalled.back().HasBytesWithin(5000));
  }
  Client third = ConnectTo(*server);
  const auto refused = third.Fetch("GET", "/");
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->status, 503);
  EXPECT_EQ(refused->header("retry-after"), "1");
  EXPECT_EQ(third.Fetch("HEAD", "/")->status, 200);
  EXPECT_EQ(third.Fetch("GET", "/small")->status, 200);
  stalled.pop_back();
  for (int i = 0; i < 1000 && watch.alive > 1; ++i) std::this_thread::sleep_for(milliseconds(5));
  ASSERT_TRUE(third.Send(kGet));
  EXPECT_EQ(third.Discard(64 * 1024) > 0, true);
}

// A disk that does not answer holds up its own client and nobody else.
TEST(ServerStream, ASlowSourceDoesNotHoldUpOthers) {
  Watch watch;
  const auto server = StartServer(Stream({.size = kMiB, .slow = milliseconds(300)}, watch));
  Client slow = ConnectTo(*server);
  ASSERT_TRUE(slow.Send(kGet));
  std::this_thread::sleep_for(milliseconds(20));
  for (int i = 0; i < 10; ++i) ASSERT_EQ(ConnectTo(*server).Fetch("GET", "/small")->status, 200);
  EXPECT_LT(watch.read, kMiB) << "these answers came while the other was being read";
  EXPECT_EQ(slow.ReadReply()->body.size(), kMiB);
}

TEST(ServerStream, ADrainLetsItFinish) {
  Watch watch;
  const auto server = StartServer(Stream({.size = 2 * kMiB, .slow = milliseconds(20)}, watch));
  Client client = ConnectTo(*server);
  ASSERT_TRUE(client.Send(kGet));
  ASSERT_TRUE(client.HasBytesWithin(5000));
  auto stopped = std::async(std::launch::async, [&] { return server->Stop(milliseconds(60'000)); });
  const auto reply = client.ReadReply();
  ASSERT_TRUE(reply) << reply.error().text;
  EXPECT_EQ(reply->body.size(), 2 * kMiB);
  EXPECT_TRUE(client.IsClosed()) << "it was told keep-alive before the drain began, and is closed now";
  const auto report = stopped.get();
  EXPECT_EQ(report.finished, 1u);
  EXPECT_EQ(report.abandoned, 0u);
}

TEST(ServerStream, ADrainAbandonsItAtTheDeadline) {
  Watch watch;
  auto server = StartServer(Stream({.size = 64 * kMiB}, watch));
  Client stalled = ConnectTo(*server);
  ASSERT_TRUE(stalled.Send(kGet));
  ASSERT_TRUE(stalled.HasBytesWithin(5000));
  EXPECT_EQ(server->Stop(milliseconds(50)).abandoned, 1u);
  EXPECT_EQ(watch.alive, 0);
}

TEST(ServerStream, AbandonsASourceInTheMiddleOfARead) {
  Watch watch;
  auto server = StartServer(Stream({.size = kMiB, .slow = milliseconds(300)}, watch));
  Client client = ConnectTo(*server);
  ASSERT_TRUE(client.Send(kGet));
  for (int i = 0; i < 1000 && watch.alive == 0; ++i) std::this_thread::sleep_for(milliseconds(1));
  EXPECT_EQ(server->Stop(milliseconds(10)).abandoned, 1u);
  EXPECT_TRUE(client.IsClosed());
  server.reset();
  EXPECT_EQ(watch.alive, 0);
}

}  // namespace
}  // namespace lotmark::http
