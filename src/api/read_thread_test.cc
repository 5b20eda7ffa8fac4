#include "api/read_thread.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>

namespace lotmark::api {
namespace {

TEST(ReadThread, RunsTasksInOrderOnOneOtherThread) {
  std::vector<int> order;
  std::vector<std::thread::id> threads;
  {
    ReadThread reads(100);
    for (int i = 0; i < 50; ++i) {
      EXPECT_TRUE(reads.Post([&, i] {
        order.push_back(i);
        threads.push_back(std::this_thread::get_id());
      }));
    }
  }
  ASSERT_EQ(order.size(), 50u) << "what is queued runs before the end";
  for (int i = 0; i < 50; ++i) {
    EXPECT_EQ(order[static_cast<size_t>(i)], i);
    EXPECT_EQ(threads[static_cast<size_t>(i)], threads[0]);
  }
  EXPECT_NE(threads[0], std::this_thread::get_id());
}

TEST(ReadThread, RefusesMoreThanMayWait) {
  std::promise<void> begun, go;  // they outlive the thread, which may still be inside `go` when the test ends
  ReadThread reads(2);
  EXPECT_TRUE(reads.Post([&] {
    begun.set_value();
    go.get_future().wait();
  }));
  begun.get_future().wait();
  EXPECT_TRUE(reads.Post([] {}));
  EXPECT_TRUE(reads.Post([] {}));
  EXPECT_FALSE(reads.Post([] { FAIL(); }));
  go.set_value();
}

TEST(ReadThread, RefusesEverythingAfterItsEnd) {
  ReadThread reads(2);
  reads.Stop();
  reads.Stop();
  EXPECT_FALSE(reads.Post([] { FAIL(); }));
}

}  // namespace
}  // namespace lotmark::api
