#include "records/sqlite_open.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <iterator>
#include <thread>

#include "fs/testing/temp_folder.h"
#include "records/testing/failing_vfs.h"
#include "records/testing/sample_rows.h"

namespace lotmark::records {
namespace {

std::string ContentOf(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

void Write(const std::string& path, const std::string& content) { std::ofstream(path, std::ios::binary) << content; }

bool Exists(const std::string& path) { return access(path.c_str(), F_OK) == 0; }

class SqliteOpen : public ::testing::Test {
 protected:
  Result<std::unique_ptr<Database>> Open(OpenMode mode = OpenMode::kCreateOrOpen) {
    return OpenSqliteDatabase(path_, {.mode = mode});
  }

  void ExpectError(OpenMode mode, ErrorCode code, const std::string& words) {
    const auto opened = Open(mode);
    ASSERT_FALSE(opened) << words;
    EXPECT_EQ(opened.error().code, code) << opened.error().text;
    EXPECT_NE(opened.error().text.find(words), std::string::npos) << opened.error().text;
    EXPECT_NE(opened.error().text.find(path_), std::string::npos) << opened.error().text;
  }

  // A SQLite file made by somebody else, or by a Lotmark of another age.
  void MakeSqliteFile(const std::string& sql) {
    Write(path_, "");
    auto connection = sqlite::Connection::Open(path_, {});
    ASSERT_TRUE(connection);
    const Status made = connection->Execute(sql, "make");
    ASSERT_TRUE(made) << made.error().text;
  }

  void MakeDatabaseWithOneRow() {
    const std::vector<ClassificationRow> rows = {row_};
    ASSERT_TRUE(Open().value()->Insert(std::span(rows)));
  }

  fs::TempFolder folder_;
  std::string path_ = folder_.PathOf("records.db");
  ClassificationRow row_ = SampleRow();
};

TEST_F(SqliteOpen, CreatesAFileThatOnlyItsOwnerCanRead) {
  const auto database = Open();
  ASSERT_TRUE(database) << database.error().text;
  const std::vector<ClassificationRow> rows = {row_};
  ASSERT_TRUE((*database)->Insert(std::span(rows)));
  for (const char* suffix : {"", "-wal", "-shm"}) {
    struct stat info {};
    ASSERT_EQ(stat((path_ + suffix).c_str(), &info), 0) << suffix;
    EXPECT_EQ(info.st_mode & 0777u, 0600u) << suffix;
  }
}

TEST_F(SqliteOpen, PutsTheDurableSettingsInForce) {
  auto connection = sqlite::OpenConnection(path_, {});
  ASSERT_TRUE(connection) << connection.error().text;
  EXPECT_EQ((*connection)->QueryText("PRAGMA journal_mode").value(), "wal");
  EXPECT_EQ((*connection)->QueryInteger("PRAGMA synchronous").value(), 2);  // FULL
  EXPECT_EQ((*connection)->QueryInteger("PRAGMA foreign_keys").value(), 1);
  EXPECT_EQ((*connection)->QueryInteger("PRAGMA trusted_schema").value(), 0);
  EXPECT_EQ((*connection)->QueryInteger("PRAGMA cell_size_check").value(), 1);
  EXPECT_EQ((*connection)->QueryInteger("PRAGMA secure_delete").value(), 1);
  EXPECT_EQ((*connection)->QueryInteger("PRAGMA temp_store").value(), 2);  // MEMORY
  EXPECT_EQ((*connection)->QueryInteger("PRAGMA busy_timeout").value(), 5000);
}

TEST_F(SqliteOpen, TakesAnEmptyFileAsNew) {
  Write(path_, "");
  const auto database = Open();
  EXPECT_TRUE(database) << database.error().text;
}

TEST_F(SqliteOpen, NamesWhatIsMissing) {
  ExpectError(OpenMode::kReadOnly, ErrorCode::kNotFound, "does not exist");
  ExpectError(OpenMode::kOpenExisting, ErrorCode::kNotFound, "does not exist");
  EXPECT_FALSE(Exists(path_));
  path_ = folder_.PathOf("missing/records.db");
  ExpectError(OpenMode::kCreateOrOpen, ErrorCode::kNotFound, "folder does not exist");
  Write(folder_.PathOf("file"), "x");
  path_ = folder_.PathOf("file/records.db");
  ExpectError(OpenMode::kCreateOrOpen, ErrorCode::kNotFound, "folder does not exist");
}

TEST_F(SqliteOpen, RefusesWhatIsNotARegularFile) {
  ASSERT_EQ(mkdir(path_.c_str(), 0755), 0);
  ExpectError(OpenMode::kCreateOrOpen, ErrorCode::kRefused, "not a regular file");
  path_ = folder_.PathOf("pipe");
  ASSERT_EQ(mkfifo(path_.c_str(), 0600), 0);
  ExpectError(OpenMode::kCreateOrOpen, ErrorCode::kRefused, "not a regular file");
  ExpectError(OpenMode::kReadOnly, ErrorCode::kRefused, "not a regular file");
}

TEST_F(SqliteOpen, RefusesGarbageAndLeavesItAlone) {
  for (const std::string& garbage : {std::string("x"), std::string("not a database, only text\n"),
                                     std::string(8192, '\xA5'), "SQLite format 3" + std::string(4096, '\0')}) {
    Write(path_, garbage);
    for (const auto mode : {OpenMode::kCreateOrOpen, OpenMode::kOpenExisting, OpenMode::kReadOnly}) {
      ExpectError(mode, ErrorCode::kRefused, "not a database");
    }
    EXPECT_TRUE(ContentOf(path_) == garbage);
  }
}

TEST_F(SqliteOpen, RefusesADatabaseOfSomethingElseAndLeavesItAlone) {
  for (const char* sql : {"CREATE TABLE notes (text)", "PRAGMA application_id = 7"}) {
    unlink(path_.c_str());
    MakeSqliteFile(sql);
    const std::string before = ContentOf(path_);
    ExpectError(OpenMode::kCreateOrOpen, ErrorCode::kRefused, "something else");
    ExpectError(OpenMode::kReadOnly, ErrorCode::kRefused, "something else");
    EXPECT_TRUE(ContentOf(path_) == before);
    EXPECT_FALSE(Exists(path_ + "-wal"));
  }
}

TEST_F(SqliteOpen, RefusesANewerSchemaAndLeavesItAlone) {
  ASSERT_TRUE(Open());
  {
    auto connection = sqlite::Connection::Open(path_, {});
    ASSERT_TRUE(connection->Execute("INSERT INTO schema_migrations VALUES (999, 'from the future', '')", "age"));
  }
  const std::string before = ContentOf(path_);
  for (const auto mode : {OpenMode::kCreateOrOpen, OpenMode::kOpenExisting, OpenMode::kReadOnly}) {
    ExpectError(mode, ErrorCode::kRefused, "newer than this program");
  }
  EXPECT_TRUE(ContentOf(path_) == before);
}

TEST_F(SqliteOpen, AsksForAWriterBeforeReadingAnOlderSchema) {
  Write(path_, "");
  ExpectError(OpenMode::kReadOnly, ErrorCode::kRefused, "older than");
  EXPECT_EQ(ContentOf(path_), "");
}

TEST_F(SqliteOpen, RefusesADiskWithoutWriteAheadLog) {
  const FailingVfs vfs(FailingVfs::Support::kNoSharedMemory);
  const auto opened = OpenSqliteDatabase(path_, {.vfs = vfs.name()});
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, ErrorCode::kRefused);
  EXPECT_NE(opened.error().text.find("write-ahead log"), std::string::npos) << opened.error().text;
}

TEST_F(SqliteOpen, ManyProgramsMayCreateTheSameFileAtOnce) {
  constexpr int kRounds = 12;
  for (int round = 0; round < kRounds; ++round) {
    for (const char* suffix : {"", "-wal", "-shm"}) unlink((path_ + suffix).c_str());
    std::vector<std::string> errors(8);
    std::vector<std::thread> threads;
    threads.reserve(errors.size());
    for (auto& error : errors) {
      threads.emplace_back([&] {
        const auto opened = Open();
        if (!opened) error = opened.error().text;
      });
    }
    for (auto& thread : threads) thread.join();
    for (const auto& error : errors) ASSERT_EQ(error, "");
    auto connection = sqlite::OpenConnection(path_, {});
    ASSERT_EQ((*connection)->QueryInteger("SELECT count(*) FROM schema_migrations").value(),
              (*connection)->QueryInteger("SELECT max(version) FROM schema_migrations").value());
  }
}

TEST_F(SqliteOpen, ReadsBesideAClosedWriterWithoutChangingTheFile) {
  MakeDatabaseWithOneRow();
  const std::string before = ContentOf(path_);
  EXPECT_EQ(Open(OpenMode::kReadOnly).value()->FindClassification(row_.id).value(), row_);
  EXPECT_TRUE(ContentOf(path_) == before);
}

TEST_F(SqliteOpen, SaltsTheReferencesOfEachRowDifferently) {
  MakeDatabaseWithOneRow();
  row_ = SampleRow();
  MakeDatabaseWithOneRow();
  row_ = SampleRow();
  row_.references = {.anatomical_site = "left forearm"};
  MakeDatabaseWithOneRow();
  auto connection = sqlite::OpenConnection(path_, {});
  EXPECT_EQ((*connection)->QueryInteger("SELECT count(DISTINCT salt) FROM classification_references").value(), 2);
}

// Erasing a person's references leaves the classification.
TEST_F(SqliteOpen, ForgetsReferencesWithoutForgettingTheResult) {
  row_.references.patient_id = "a-patient-whose-name-is-nowhere-else";
  MakeDatabaseWithOneRow();
  {
    auto connection = sqlite::OpenConnection(path_, {});
    ASSERT_TRUE((*connection)->Execute("DELETE FROM classification_references", "erase"));
  }
  auto without = row_;
  without.references = {.anatomical_site = row_.references.anatomical_site};
  EXPECT_EQ(Open().value()->FindClassification(row_.id).value(), without);
  EXPECT_EQ(ContentOf(path_).find(*row_.references.patient_id), std::string::npos);
}

TEST_F(SqliteOpen, SaysWhichStoredRowIsDamaged) {
  MakeDatabaseWithOneRow();
  const char* const damages[] = {"classes = '[1]'", "probabilities = '[0.1,]'", "time = '2026-99-01T00:00:00.000000Z'",
                                 "model_name = '../x'"};
  for (const std::string damage : damages) {
    {
      auto connection = sqlite::OpenConnection(path_, {});
      ASSERT_TRUE((*connection)->Execute("UPDATE lesion_classifications SET " + damage, "damage"));
    }
    const auto found = Open().value()->FindClassification(row_.id);
    ASSERT_FALSE(found) << damage;
    EXPECT_EQ(found.error().code, ErrorCode::kMachine);
    EXPECT_NE(found.error().text.find(row_.id.text()), std::string::npos) << found.error().text;
  }
}

class DamagedFile : public SqliteOpen {
 protected:
  // What a reader finds in a file of this content: the row, or an error.
  Result<std::vector<ClassificationRow>> ReadFileWith(const std::string& content) {
    for (const char* suffix : {"", "-wal", "-shm"}) unlink((path_ + suffix).c_str());
    Write(path_, content);
    LOTMARK_ASSIGN_OR_RETURN(const auto database, Open(OpenMode::kReadOnly));
    return database->ListClassifications(10);
  }
};

TEST_F(DamagedFile, IsAnErrorOrTheWholeRowWhereverItIsCut) {
  MakeDatabaseWithOneRow();
  const std::string whole = ContentOf(path_);
  ASSERT_TRUE(ReadFileWith(whole));
  size_t errors = 0;
  for (size_t length = 0; length < whole.size(); length += 509) {
    const auto rows = ReadFileWith(whole.substr(0, length));
    if (rows) {
      EXPECT_EQ(*rows, std::vector{row_}) << length << ": only bytes that do not matter were cut off";
    } else {
      ++errors;
      EXPECT_TRUE(rows.error().code == ErrorCode::kRefused || rows.error().code == ErrorCode::kMachine) << length;
    }
  }
  EXPECT_GT(errors, whole.size() / 509 * 8 / 10);
}

// SQLite has no checksums, so a flipped byte may read as other text; it must never do worse than that.
TEST_F(DamagedFile, IsAnErrorOrAReadableRowWhereverAByteIsFlipped) {
  MakeDatabaseWithOneRow();
  const std::string whole = ContentOf(path_);
  size_t errors = 0;
  for (size_t at = 0; at < whole.size(); at += at < 100 ? 1 : 97) {
    std::string flipped = whole;
    flipped[at] = static_cast<char>(flipped[at] ^ 0xFF);
    const auto rows = ReadFileWith(flipped);
    if (rows) {
      EXPECT_LE(rows->size(), 1u) << at;
    } else {
      ++errors;
      EXPECT_TRUE(rows.error().code == ErrorCode::kRefused || rows.error().code == ErrorCode::kMachine) << at;
    }
  }
  EXPECT_GT(errors, 20u);
}

}  // namespace
}  // namespace lotmark::records
