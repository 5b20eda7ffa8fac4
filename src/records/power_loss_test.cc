// The power fails at any moment, and the disk keeps what was synced and any part of the rest: every row that was
// acknowledged is there afterwards. kill_test.cc proves less: the kernel keeps what a killed process wrote.
//
// The same is run on disks that only claim to sync. There rows must get lost, or these tests would see nothing.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <future>
#include <map>
#include <random>
#include <thread>

#include "fs/testing/temp_folder.h"
#include "records/sqlite_database.h"
#include "records/sqlite_open.h"
#include "records/testing/power_loss_vfs.h"
#include "records/testing/sample_rows.h"
#include "records/writer.h"

namespace lotmark::records {
namespace {

using Syncs = PowerLossVfs::Syncs;
using Counted = PowerLossVfs::Counted;

constexpr int kThreads = 4;
constexpr int kRowsPerThread = 8;

// A computer whose power fails again and again. The disk of each life is a folder of its own.
class Computer {
 public:
  explicit Computer(Syncs syncs) : syncs_(syncs) { NextDisk(); }

  struct Damage {
    size_t lost = 0;    // rows that were acknowledged and are not there, or not as they were
    std::string found;  // what else is wrong with the database; "" = nothing
    explicit operator bool() const { return lost > 0 || !found.empty(); }
  };

  // One life, until the power fails; the disk that is left becomes the next life's.
  Damage Live(uint32_t seed) {
    std::mt19937 random(seed);
    PowerLossVfs vfs(syncs_);
    // The database file changes when the WAL is copied back, at the latest when the writer closes it; every other life
    // ends there.
    const bool late = random() % 2 == 0;
    vfs.FailAfter(random() % (late ? 20 : 120), late ? Counted::kChangesOfTheDatabaseFile : Counted::kEveryChange);
    WriteUntilFailure(vfs);
    if (!vfs.failed()) {
      vfs.FailAfter(0, Counted::kEveryChange);
      WriteUntilFailure(vfs);
    }
    EXPECT_TRUE(vfs.failed());

    NextDisk();
    vfs.WriteSurvivors(disk(), seed);
    const fs::TempFolder copy;  // looking closes the database, which would change the disk of the next life
    vfs.WriteSurvivors(copy.path(), seed);
    return Look(copy.PathOf(kFile));
  }

  size_t acknowledged() const { return acknowledged_.size(); }

 private:
  static constexpr const char* kFile = "records.db";

  const std::string& disk() const { return disk_->path(); }
  void NextDisk() { disk_ = std::make_unique<fs::TempFolder>(); }

  void WriteUntilFailure(PowerLossVfs& vfs) {
    const auto open = [&](OpenMode mode) {
      return OpenSqliteDatabase(disk_->PathOf(kFile), {.mode = mode, .vfs = vfs.name()});
    };
    auto writer = Writer::Start(open, {});
    if (!writer) return;  // it failed that early
    std::vector<std::thread> clients;
    for (int i = 0; i < kThreads; ++i) clients.emplace_back([&] { SendRows(**writer); });
    for (auto& client : clients) client.join();
  }

  void SendRows(Writer& writer) {
    for (int i = 0; i < kRowsPerThread; ++i) {
      const ClassificationRow row = SampleRow();
      std::promise<bool> done;
      writer.Submit(row, [&done](const Result<InsertOutcome>& outcome) { done.set_value(outcome.has_value()); });
      const bool stored = done.get_future().get();
      const std::lock_guard lock(mutex_);
      sent_.emplace(row.id.text(), row);
      if (!stored) return;
      acknowledged_.push_back(row.id.text());
    }
  }

  Damage Look(const std::string& path) const {
    const auto database = OpenSqliteDatabase(path, {.mode = OpenMode::kOpenExisting});
    if (!database) return {0, database.error().text};
    const auto rows = (*database)->ListClassifications(SIZE_MAX);
    if (!rows) return {0, rows.error().text};
    std::map<std::string, const ClassificationRow*> stored;
    for (const auto& row : *rows) {
      const auto sent = sent_.find(row.id.text());
      if (sent == sent_.end() || sent->second != row) return {0, "a row that nobody sent"};
      stored.emplace(row.id.text(), &row);
    }
    const auto is_lost = [&](const std::string& id) { return stored.count(id) == 0; };
    return {static_cast<size_t>(std::count_if(acknowledged_.begin(), acknowledged_.end(), is_lost)), CheckFile(path)};
  }

  static std::string CheckFile(const std::string& path) {
    const auto connection = sqlite::OpenConnection(path, {.mode = OpenMode::kReadOnly});
    if (!connection) return connection.error().text;
    const auto integrity = (*connection)->QueryText("PRAGMA integrity_check");
    if (!integrity) return integrity.error().text;
    if (*integrity != "ok") return "integrity_check: " + integrity->value_or("nothing");
    const auto orphans = (*connection)->QueryText("PRAGMA foreign_key_check");
    return orphans && *orphans == std::nullopt ? "" : "foreign_key_check";
  }

  const Syncs syncs_;
  std::unique_ptr<fs::TempFolder> disk_;
  std::mutex mutex_;  // guards what follows while clients run
  std::map<std::string, ClassificationRow> sent_;
  std::vector<std::string> acknowledged_;
};

TEST(PowerLoss, LosesNoAcknowledgedRow) {
  constexpr uint32_t kComputers = 20;
  constexpr uint32_t kLives = 12;
  size_t acknowledged = 0;
  for (uint32_t number = 0; number < kComputers; ++number) {
    Computer computer(Syncs::kHonoured);
    for (uint32_t life = 0; life < kLives; ++life) {
      const uint32_t seed = number * kLives + life;
      const auto damage = computer.Live(seed);
      ASSERT_EQ(damage.lost, 0u) << "seed " << seed << " of " << computer.acknowledged() << " acknowledged";
      ASSERT_EQ(damage.found, "") << "seed " << seed;
    }
    acknowledged += computer.acknowledged();
  }
  EXPECT_GT(acknowledged, 1'000u);
}

// How many of `kLives` first lives on such a disk end in damage.
int CountDamaged(Syncs syncs) {
  constexpr uint32_t kLives = 24;
  int damaged = 0;
  for (uint32_t seed = 0; seed < kLives; ++seed) {
    Computer computer(syncs);
    if (computer.Live(seed)) ++damaged;
  }
  return damaged;
}

TEST(PowerLoss, IsSeenWhereNothingIsSynced) { EXPECT_GE(CountDamaged(Syncs::kIgnored), 6); }

TEST(PowerLoss, IsSeenWhereTheWalIsNotSynced) { EXPECT_GE(CountDamaged(Syncs::kIgnoredForWal), 3); }

TEST(PowerLoss, IsSeenWhereNamesAreNotSynced) { EXPECT_GE(CountDamaged(Syncs::kIgnoredForNames), 3); }

}  // namespace
}  // namespace lotmark::records
