// What a caller is told, and what is stored, when the disk, another process or an operator gets in the way.
#include <gtest/gtest.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <future>

#include "fs/testing/temp_folder.h"
#include "records/sqlite_database.h"
#include "records/sqlite_open.h"
#include "records/testing/failing_vfs.h"
#include "records/testing/sample_rows.h"
#include "records/writer.h"

namespace lotmark::records {
namespace {

class SqliteFailure : public ::testing::Test {
 protected:
  std::unique_ptr<Database> Open(OpenMode mode = OpenMode::kCreateOrOpen) {
    auto opened = OpenSqliteDatabase(path_, {.mode = mode, .busy_timeout = kPatience, .vfs = vfs_.name()});
    EXPECT_TRUE(opened) << opened.error().text;
    return opened ? std::move(*opened) : nullptr;
  }

  static Result<std::vector<InsertOutcome>> Insert(Database& database, const ClassificationRow& row) {
    return database.Insert(std::span(&row, 1));
  }

  static void ExpectCode(const Result<std::vector<InsertOutcome>>& outcomes, ErrorCode code) {
    ASSERT_FALSE(outcomes);
    EXPECT_EQ(outcomes.error().code, code) << outcomes.error().text;
  }

  static bool IsStored(Database& database, const ClassificationRow& row) {
    const auto found = database.FindClassification(row.id).value();
    EXPECT_EQ(found.value_or(row), row);
    return found.has_value();
  }

  static constexpr std::chrono::milliseconds kPatience{100};
  fs::TempFolder folder_;
  std::string path_ = folder_.PathOf("records.db");
  FailingVfs vfs_;
};

TEST_F(SqliteFailure, AFailedSyncIsUnconfirmedUntilReopened) {
  auto database = Open();
  const auto before = SampleRow(), doubtful = SampleRow(), after = SampleRow();
  ASSERT_TRUE(Insert(*database, before));
  vfs_.fail_syncs = true;
  ExpectCode(Insert(*database, doubtful), ErrorCode::kUnconfirmed);
  vfs_.fail_syncs = false;
  ExpectCode(Insert(*database, after), ErrorCode::kMachine);
  EXPECT_FALSE(database->FindClassification(before.id));
  EXPECT_FALSE(database->Insert(SampleEvent("poisoned")));

  database.reset();
  database = Open(OpenMode::kOpenExisting);
  EXPECT_TRUE(IsStored(*database, before));
  const bool stored = IsStored(*database, doubtful);
  EXPECT_FALSE(IsStored(*database, after));
  const auto again = Insert(*database, doubtful);
  ASSERT_TRUE(again);
  EXPECT_EQ(std::holds_alternative<Replayed>((*again)[0]), stored);
  EXPECT_TRUE(IsStored(*database, doubtful));
}

TEST_F(SqliteFailure, AFullDiskStoresNothingAndPassesWhenThereIsRoomAgain) {
  auto database = Open();
  const auto before = SampleRow(), refused = SampleRow(), after = SampleRow();
  ASSERT_TRUE(Insert(*database, before));
  vfs_.fail_writes = true;
  ExpectCode(Insert(*database, refused), ErrorCode::kNoSpace);
  const Status event = database->Insert(SampleEvent("no room"));
  ASSERT_FALSE(event);
  EXPECT_EQ(event.error().code, ErrorCode::kNoSpace);
  vfs_.fail_writes = false;
  ASSERT_TRUE(Insert(*database, after));
  database = Open();
  EXPECT_TRUE(IsStored(*database, before));
  EXPECT_FALSE(IsStored(*database, refused));
  EXPECT_TRUE(IsStored(*database, after));
  EXPECT_TRUE(database->ListServiceEvents(10).value().empty());
}

TEST_F(SqliteFailure, AFullDiskWhileCreatingIsNoSpace) {
  vfs_.fail_writes = true;
  const auto opened = OpenSqliteDatabase(path_, {.vfs = vfs_.name()});
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, ErrorCode::kNoSpace) << opened.error().text;
  vfs_.fail_writes = false;
  EXPECT_TRUE(Open()) << "what was left behind is taken as new";
}

TEST_F(SqliteFailure, TheWriterReopensAfterAFailedSync) {
  auto writer = Writer::Start([this](OpenMode mode) -> Result<std::unique_ptr<Database>> { return Open(mode); }, {});
  ASSERT_TRUE(writer);
  const auto submit = [&](const ClassificationRow& row) {
    std::promise<Result<InsertOutcome>> done;
    (*writer)->Submit(row, [&](Result<InsertOutcome> outcome) { done.set_value(std::move(outcome)); });
    return done.get_future().get();
  };
  const auto doubtful = SampleRow();
  vfs_.fail_syncs = true;
  const auto failed = submit(doubtful);
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code, ErrorCode::kUnconfirmed);
  vfs_.fail_syncs = false;
  EXPECT_TRUE(submit(doubtful));
  EXPECT_TRUE(IsStored(*Open(OpenMode::kReadOnly), doubtful));
}

TEST_F(SqliteFailure, AFileRemovedWhileOpenTakesNoMoreRows) {
  auto database = Open();
  ASSERT_TRUE(Insert(*database, SampleRow()));
  ASSERT_EQ(unlink(path_.c_str()), 0);
  ExpectCode(Insert(*database, SampleRow()), ErrorCode::kMachine);
  EXPECT_FALSE(database->Insert(SampleEvent("nowhere to go")));
}

// Runs `hold` in a child process that has the write lock.
class LockedByAnotherProcess : public SqliteFailure {
 protected:
  void SetUp() override {
    Open();
    ASSERT_EQ(pipe(ready_), 0);
    ASSERT_EQ(pipe(finish_), 0);
    child_ = fork();
    ASSERT_GE(child_, 0);
    if (child_ == 0) HoldLockAndExit();
    char byte = 0;
    ASSERT_EQ(read(ready_[0], &byte, 1), 1);
  }

  void TearDown() override {
    if (child_ > 0) EndChild();
    for (const int end : {ready_[0], ready_[1], finish_[0], finish_[1]}) close(end);
  }

  void EndChild() {
    ASSERT_EQ(write(finish_[1], "x", 1), 1);
    int status = -1;
    ASSERT_EQ(waitpid(child_, &status, 0), child_);
    EXPECT_EQ(status, 0);
    child_ = 0;
  }

  [[noreturn]] void HoldLockAndExit() {
    auto connection = sqlite::OpenConnection(path_, {});
    const bool locked = connection && (*connection)->Execute("BEGIN IMMEDIATE", "lock");
    char byte = locked ? '1' : '0';
    const bool told = write(ready_[1], &byte, 1) == 1 && read(finish_[0], &byte, 1) == 1;
    _exit(locked && told ? 0 : 1);
  }

  pid_t child_ = 0;
  int ready_[2] = {-1, -1}, finish_[2] = {-1, -1};
};

TEST_F(LockedByAnotherProcess, IsBusyAfterTheTimeoutAndFineAfterwards) {
  auto database = Open(OpenMode::kOpenExisting);
  const auto row = SampleRow();
  const auto start = std::chrono::steady_clock::now();
  ExpectCode(Insert(*database, row), ErrorCode::kBusy);
  EXPECT_GE(std::chrono::steady_clock::now() - start, kPatience);
  EXPECT_FALSE(IsStored(*database, row)) << "readers do not wait for the lock";
  EndChild();
  ASSERT_TRUE(Insert(*database, row));
  EXPECT_TRUE(IsStored(*database, row));
}

// A file system of its own, 1 MiB small. Needs the right to mount.
class SmallDisk : public ::testing::Test {
 protected:
  void SetUp() override {
    if (mount("none", folder_.path().c_str(), "tmpfs", 0, "size=1m") != 0) GTEST_SKIP() << "no right to mount a tmpfs";
    mounted_ = true;
  }
  void TearDown() override {
    if (!mounted_) return;
    EXPECT_EQ(umount(folder_.path().c_str()), 0);
  }

  fs::TempFolder folder_;
  std::string path_ = folder_.PathOf("records.db");
  bool mounted_ = false;
};

TEST_F(SmallDisk, FillsUpWithoutLosingARow) {
  std::vector<ClassificationRow> stored;
  auto database = OpenSqliteDatabase(path_, {});
  ASSERT_TRUE(database) << database.error().text;
  Error full;
  for (int i = 0; i < 100'000 && full.text.empty(); ++i) {
    const auto row = SampleRow();
    const auto outcomes = (*database)->Insert(std::span(&row, 1));
    if (outcomes) {
      stored.push_back(row);
    } else {
      full = outcomes.error();
    }
  }
  EXPECT_EQ(full.code, ErrorCode::kNoSpace) << full.text;
  EXPECT_GT(stored.size(), 10u);
  *database = nullptr;
  const auto reopened = OpenSqliteDatabase(path_, {.mode = OpenMode::kReadOnly});
  ASSERT_TRUE(reopened) << reopened.error().text;
  for (const auto& row : stored) ASSERT_EQ((*reopened)->FindClassification(row.id).value(), row);
  EXPECT_EQ((*reopened)->ListClassifications(SIZE_MAX).value().size(), stored.size());
}

TEST_F(SmallDisk, ReadOnlyIsExplainedToAReader) {
  { ASSERT_TRUE(OpenSqliteDatabase(path_, {})); }
  ASSERT_EQ(mount("none", folder_.path().c_str(), "tmpfs", MS_REMOUNT | MS_RDONLY, "size=1m"), 0);
  const auto reader = OpenSqliteDatabase(path_, {.mode = OpenMode::kReadOnly});
  ASSERT_FALSE(reader);
  EXPECT_EQ(reader.error().code, ErrorCode::kRefused) << reader.error().text;
  EXPECT_NE(reader.error().hint.find("read-only"), std::string::npos) << reader.error().hint;
  const auto writer = OpenSqliteDatabase(path_, {.mode = OpenMode::kOpenExisting});
  ASSERT_FALSE(writer);
  EXPECT_EQ(writer.error().code, ErrorCode::kMachine) << writer.error().text;
}

}  // namespace
}  // namespace lotmark::records
