// SIGKILL at a random moment: every row that was acknowledged is there afterwards.
//
// This proves that the acknowledgement comes after the commit; not that the commit survives power loss, for the kernel
// keeps what a killed process wrote. That is power_loss_test.cc's.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <random>
#include <set>
#include <thread>

#include "fs/testing/temp_folder.h"
#include "records/sqlite_open.h"
#include "records/testing/sample_rows.h"
#include "records/writer.h"

namespace lotmark::records {
namespace {

constexpr size_t kIdBytes = 36;

// Keeps a few rows in flight and writes the id of each acknowledged one to `pipe`, until it is killed.
[[noreturn]] void InsertForEver(const std::string& url, int pipe) {
  auto writer = Writer::Start([&](OpenMode mode) { return OpenDatabase(url, mode); }, {});
  if (!writer) _exit(1);
  std::function<void()> submit = [&] {
    const auto row = SampleRow();
    (*writer)->Submit(row, [&, id = row.id.text()](const Result<InsertOutcome>& outcome) {
      // Shorter than PIPE_BUF, so an id arrives whole or not at all.
      if (!outcome || write(pipe, id.data(), kIdBytes) != kIdBytes) _exit(2);
      submit();
    });
  };
  for (int i = 0; i < 4; ++i) submit();
  while (true) pause();
}

// Ids that the child acknowledged until it was killed, `life` after the first one.
std::set<std::string> RunAndKill(const std::string& url, std::chrono::microseconds life) {
  int ends[2];
  EXPECT_EQ(pipe(ends), 0);
  const pid_t child = fork();
  if (child == 0) InsertForEver(url, ends[1]);
  close(ends[1]);

  std::set<std::string> acknowledged;
  std::string id(kIdBytes, '\0');
  std::thread killer;
  while (read(ends[0], id.data(), kIdBytes) == static_cast<ssize_t>(kIdBytes)) {
    acknowledged.insert(id);
    if (killer.joinable()) continue;
    killer = std::thread([=] {
      std::this_thread::sleep_for(life);
      kill(child, SIGKILL);
    });
  }
  if (killer.joinable()) killer.join();
  int status = 0;
  EXPECT_EQ(waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFSIGNALED(status)) << "the child ended by itself: " << status;
  close(ends[0]);
  return acknowledged;
}

TEST(Kill, LosesNoAcknowledgedRow) {
  const fs::TempFolder folder;
  const std::string path = folder.PathOf("records.db");
  std::mt19937 random(std::random_device{}());
  std::set<std::string> acknowledged;
  for (int round = 0; round < 20; ++round) {
    const std::chrono::microseconds life(random() % 30'000);
    acknowledged.merge(RunAndKill("sqlite://" + path, life));

    std::set<std::string> stored;
    const auto database = OpenDatabase("sqlite://" + path, OpenMode::kOpenExisting);
    ASSERT_TRUE(database) << database.error().text;
    const auto rows = (*database)->ListClassifications(SIZE_MAX);
    ASSERT_TRUE(rows) << rows.error().text;
    for (const auto& row : *rows) stored.insert(row.id.text());
    ASSERT_TRUE(std::includes(stored.begin(), stored.end(), acknowledged.begin(), acknowledged.end())) << round;
    auto connection = sqlite::OpenConnection(path, {});
    ASSERT_EQ((*connection)->QueryText("PRAGMA integrity_check").value(), "ok");
    ASSERT_EQ((*connection)->QueryText("PRAGMA foreign_key_check").value(), std::nullopt);
  }
  EXPECT_GE(acknowledged.size(), 20u);
}

}  // namespace
}  // namespace lotmark::records
