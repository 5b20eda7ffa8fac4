#include "classify/decode_memory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "classify/classifier.h"
#include "classify/testing/test_version.h"
#include "fs/posix_fs.h"
#include "fs/testing/temp_folder.h"
#include "image/decode.h"
#include "image/testing/peak_memory.h"
#include "runtime/testing/fake_runtime.h"

namespace lotmark::classify {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;
using ::testing::HasSubstr;

constexpr auto kNever = steady_clock::time_point::max();

void AwaitWaiting(const DecodeMemory& memory, size_t count) {
  while (memory.stats().waiting != count) std::this_thread::sleep_for(milliseconds(1));
}

TEST(DecodeMemory, GivesBackWhatWasReserved) {
  DecodeMemory memory(100);
  {
    const auto first = memory.Reserve(60, kNever);
    const auto second = memory.Reserve(40, kNever);
    ASSERT_TRUE(first && second);
    EXPECT_EQ(memory.stats().reserved, 100u);
  }
  EXPECT_EQ(memory.stats().reserved, 0u);
  EXPECT_EQ(memory.stats().peak, 100u);
}

TEST(DecodeMemory, RefusesAtOnceWhatCouldNeverFit) {
  DecodeMemory memory(100);
  const auto refused = memory.Reserve(101, kNever);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kTooLarge);
  EXPECT_TRUE(memory.Reserve(100, kNever));
}

TEST(DecodeMemory, WaitsNoLongerThanTheDeadline) {
  DecodeMemory memory(100);
  const auto held = memory.Reserve(60, kNever);
  const auto late = memory.Reserve(60, steady_clock::now() + milliseconds(5));
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code, ErrorCode::kBusy);
  EXPECT_EQ(memory.stats().waiting, 0u);
  EXPECT_TRUE(memory.Reserve(40, kNever)) << "who gave up holds up nobody";
}

TEST(DecodeMemory, ALargeImageIsNotOvertaken) {
  DecodeMemory memory(100);
  std::optional<DecodeMemory::Reservation> held(std::move(*memory.Reserve(60, kNever)));
  std::vector<int> order;
  std::mutex mutex;
  const auto reserve = [&](uint64_t bytes, int name) {
    const auto reservation = memory.Reserve(bytes, kNever);
    const std::lock_guard lock(mutex);
    order.push_back(name);
  };
  std::thread large(reserve, 90, 1);
  AwaitWaiting(memory, 1);
  std::thread small(reserve, 20, 2);  // it would fit, but came later
  AwaitWaiting(memory, 2);
  held.reset();
  large.join();
  small.join();
  EXPECT_EQ(order, (std::vector<int>{1, 2}));
}

TEST(DecodeMemory, WhoGivesUpLetsTheNextOneThrough) {
  DecodeMemory memory(100);
  const auto held = memory.Reserve(60, kNever);
  std::thread large([&] { EXPECT_FALSE(memory.Reserve(90, steady_clock::now() + milliseconds(50))); });
  AwaitWaiting(memory, 1);
  EXPECT_TRUE(memory.Reserve(20, kNever));
  large.join();
}

TEST(DecodeMemory, NeverExceedsTheLimitAndNeverHangs) {
  DecodeMemory memory(100);
  std::atomic<uint64_t> in_use{0};
  std::atomic<bool> exceeded{false};
  std::vector<std::thread> threads;
  for (uint64_t t = 0; t < 8; ++t) {
    threads.emplace_back([&, t] {
      for (uint64_t n = 0; n < 500; ++n) {
        const uint64_t bytes = 1 + (t * 37 + n * 53) % 100;
        const auto deadline = n % 5 == 0 ? steady_clock::now() : kNever;
        const auto reservation = memory.Reserve(bytes, deadline);
        if (!reservation) continue;
        if (in_use.fetch_add(bytes) + bytes > 100) exceeded = true;
        in_use -= bytes;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_FALSE(exceeded);
  EXPECT_EQ(memory.stats().reserved, 0u);
  EXPECT_LE(memory.stats().peak, 100u);
}

class SharedMemoryTest : public ::testing::Test {
 protected:
  SharedMemoryTest() {
    const std::string text = runtime::testing::FakeModel(7);
    const fs::TempFolder folder;
    const auto dir = fs::OpenPosixDir(folder.path()).value();
    const auto version = testing::MakeVersion(Bytes(text.begin(), text.end()));
    model_ =
        LoadModel(*dir, WriteVersion(version, *dir), manifest::Format::kOnnx, runtime::testing::FakeRuntime()).value();
  }

  std::shared_ptr<const LoadedModel> model_;
};

// 27 MB of pixels from 30 KB of file, and sixteen of them at once.
TEST_F(SharedMemoryTest, ManyLargeImagesAtOnceStayWithinTheLimit) {
  const Bytes bomb = testing::FlatPng(3000, 3000, {1, 2, 3});
  const uint64_t need = image::DecodeMemoryNeed(bomb).value();
  DecodeMemory memory(2 * need);
  const image::PeakMemory peak;
  std::vector<std::thread> threads;
  std::atomic<int> classified{0};
  for (int i = 0; i < 16; ++i) {
    threads.emplace_back([&] { classified += Classify(*model_, bomb, {.memory = &memory}).has_value() ? 1 : 0; });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(classified, 16);
  EXPECT_EQ(memory.stats().reserved, 0u);
  EXPECT_GE(memory.stats().peak, need);
  EXPECT_LE(memory.stats().peak, 2 * need);
  // Freed pixels may stay with the allocator for a moment; sixteen at once would be 432 MB.
  if (const auto growth = peak.Growth()) {
    EXPECT_LE(*growth, 2 * need + need / 2);
  }
}

TEST_F(SharedMemoryTest, AnImageThatDamageStopsGivesItsMemoryBack) {
  Bytes cut = testing::FlatPng(300, 300, {1, 2, 3});
  cut.resize(cut.size() / 2);
  DecodeMemory memory;
  const auto refused = Classify(*model_, cut, {.memory = &memory});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kRefused);
  EXPECT_EQ(memory.stats().reserved, 0u);
  EXPECT_GT(memory.stats().peak, 0u);
}

TEST_F(SharedMemoryTest, OneImageOverALimitIsTooLarge) {
  DecodeMemory memory(1 << 20);
  const auto over_all = Classify(*model_, testing::FlatPng(300, 300, {1, 2, 3}), {.memory = &memory});
  ASSERT_FALSE(over_all);
  EXPECT_EQ(over_all.error().code, ErrorCode::kTooLarge);
  EXPECT_THAT(over_all.error().text, HasSubstr("memory"));
}

}  // namespace
}  // namespace lotmark::classify
