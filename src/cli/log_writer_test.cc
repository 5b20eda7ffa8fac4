#include "cli/log_writer.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <string>
#include <string_view>

namespace lotmark::cli {
namespace {

std::string TellDropped(uint64_t count) { return "dropped " + std::to_string(count); }

class LogWriterTest : public ::testing::Test {
 protected:
  LogWriterTest() {
    std::array<int, 2> ends{};
    EXPECT_EQ(pipe2(ends.data(), O_CLOEXEC), 0);
    read_ = ends[0];
    write_ = ends[1];
  }
  ~LogWriterTest() override {
    close(read_);
    close(write_);
  }

  // What has come by now; waits for the first byte. "" when the write end is closed.
  std::string Read() const {
    std::array<char, 65536> piece{};
    const ssize_t count = read(read_, piece.data(), piece.size());
    return {piece.data(), count > 0 ? static_cast<size_t>(count) : 0};
  }

  int read_ = -1;
  int write_ = -1;
};

TEST_F(LogWriterTest, WritesLinesInOrder) {
  {
    LogWriter writer(write_, TellDropped);
    writer.Write("one");
    writer.Write("two");
  }
  EXPECT_EQ(Read(), "one\ntwo\n") << "all of it, once the writer has ended";
}

// 20 MB: far more than the pipe and the queue hold. It would hang here for ever if it waited for the reader.
TEST_F(LogWriterTest, AStalledReaderCostsLinesAndNeverTime) {
  constexpr uint64_t kLines = 20'000;
  const std::string line(1000, 'x');
  LogWriter writer(write_, TellDropped);
  for (uint64_t i = 0; i < kLines; ++i) writer.Write(line);
  const uint64_t dropped = writer.dropped();
  EXPECT_GT(dropped, kLines / 2);

  // Each line is written or counted, however many times the writer says so.
  std::string text;
  const auto accounted = [&text] {
    uint64_t lines = 0;
    for (size_t at = 0, end; (end = text.find('\n', at)) != std::string::npos; at = end + 1) {
      lines += text[at] == 'x' ? 1 : std::stoull(text.substr(at + std::string_view("dropped ").size()));
    }
    return lines;
  };
  while (accounted() < kLines) text += Read();
  EXPECT_EQ(accounted(), kLines);

  writer.Write("after");
  text.clear();
  while (text != "after\n") text += Read();
  EXPECT_EQ(writer.dropped(), dropped);
}

TEST_F(LogWriterTest, EndsThoughNobodyReads) {
  LogWriter writer(write_, TellDropped);
  for (int i = 0; i < 1000; ++i) writer.Write(std::string(1000, 'x'));
}

}  // namespace
}  // namespace lotmark::cli
