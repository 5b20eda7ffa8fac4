#include "serve/folder_watch.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <thread>

#include "fs/testing/temp_folder.h"

namespace lotmark::serve {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds kLong{20'000};

milliseconds TimeOfWait(FolderWatch& watch, milliseconds timeout) {
  const auto begin = steady_clock::now();
  watch.Wait(timeout);
  return std::chrono::duration_cast<milliseconds>(steady_clock::now() - begin);
}

TEST(FolderWatch, WaitsForItsTimeoutWhenNothingHappens) {
  const fs::TempFolder folder;
  FolderWatch watch(folder.path());
  EXPECT_GE(TimeOfWait(watch, milliseconds(30)), milliseconds(30));
}

TEST(FolderWatch, NoticesAPointerThatIsRenamedIntoPlace) {
  const fs::TempFolder folder;
  FolderWatch watch(folder.path());
  ASSERT_EQ(symlink("versions/v1", folder.PathOf("active.new").c_str()), 0);
  EXPECT_LT(TimeOfWait(watch, kLong), kLong) << "created";
  ASSERT_EQ(rename(folder.PathOf("active.new").c_str(), folder.PathOf("active").c_str()), 0);
  EXPECT_LT(TimeOfWait(watch, kLong), kLong) << "renamed";
  EXPECT_GE(TimeOfWait(watch, milliseconds(30)), milliseconds(30)) << "each change wakes once";
}

TEST(FolderWatch, WakeEndsAWaitAndOneThatComesLater) {
  FolderWatch watch("");
  std::thread waking([&] {
    std::this_thread::sleep_for(milliseconds(10));
    watch.Wake();
  });
  EXPECT_LT(TimeOfWait(watch, kLong), kLong);
  waking.join();
  watch.Wake();
  watch.Wake();
  EXPECT_LT(TimeOfWait(watch, kLong), kLong);
  EXPECT_GE(TimeOfWait(watch, milliseconds(30)), milliseconds(30)) << "two wakes before a wait are one";
}

TEST(FolderWatch, AFolderThatIsNotThereOnlyMakesItWait) {
  FolderWatch watch("/nonexistent/folder");
  EXPECT_GE(TimeOfWait(watch, milliseconds(20)), milliseconds(20));
}

TEST(FolderWatch, AFolderThatGoesAwayMakesItWaitAgain) {
  const fs::TempFolder folder;
  const std::string watched = folder.PathOf("model");
  ASSERT_EQ(mkdir(watched.c_str(), 0755), 0);
  FolderWatch watch(watched);
  ASSERT_EQ(rmdir(watched.c_str()), 0);
  watch.Wait(milliseconds(10));
  EXPECT_GE(TimeOfWait(watch, milliseconds(20)), milliseconds(20));
}

}  // namespace
}  // namespace lotmark::serve
