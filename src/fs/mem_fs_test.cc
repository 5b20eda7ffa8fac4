// The fake's own rules: what a crash keeps and loses, and how faults are counted.
#include "fs/testing/mem_fs.h"

#include <gtest/gtest.h>

#include <set>

#include "fs/file_ops.h"

namespace lotmark::fs {
namespace {

class MemFsTest : public testing::Test {
 protected:
  void Sync(std::string_view path) { ASSERT_TRUE(std::move(root_->OpenDir(path)).value()->Sync()); }

  // Every path of the tree that a crash in `mode` would leave, folders ending in '/'.
  std::vector<std::string> After(CrashMode mode) {
    std::vector<std::string> paths;
    Collect(*machine_.Crash(mode)->Root(), "", paths);
    return paths;
  }

  static void Collect(Dir& dir, const std::string& prefix, std::vector<std::string>& paths) {
    const std::vector<Entry> entries = std::move(dir.List()).value();
    for (const Entry& entry : entries) {
      const bool is_folder = entry.kind == EntryKind::kFolder;
      paths.push_back(prefix + entry.name + (is_folder ? "/" : ""));
      if (is_folder) Collect(*std::move(dir.OpenDir(entry.name)).value(), prefix + entry.name + "/", paths);
    }
  }

  using Paths = std::vector<std::string>;
  MemFs machine_;
  std::unique_ptr<Dir> root_ = machine_.Root();
};

TEST_F(MemFsTest, ContentsTellsWhateverDiffers) {
  std::set<std::string> seen = {machine_.Contents()};
  const auto changed = [&](const Status& done) { return done && seen.insert(machine_.Contents()).second; };
  EXPECT_TRUE(changed(root_->MakeDir("folder")));
  EXPECT_TRUE(changed(root_->MakeLink("x", "folder/link")));
  EXPECT_TRUE(changed(root_->Rename("folder/link", "link")));
  EXPECT_TRUE(changed(WriteFileAtomic(*root_, "file", AsBytes("abc"), IfExists::kReplace)));
  EXPECT_TRUE(changed(WriteFileAtomic(*root_, "file", AsBytes("abd"), IfExists::kReplace)));
  EXPECT_TRUE(changed(root_->MakeReadOnly("file")));
  EXPECT_TRUE(changed(root_->RemoveFile("link")));
  const uint64_t operations = machine_.operations();
  EXPECT_EQ(machine_.Crash(CrashMode::kKeepAll)->Contents(), machine_.Contents());
  EXPECT_EQ(machine_.operations(), operations);
}

TEST_F(MemFsTest, UnsyncedNamesAreLostAndRemovalsUndone) {
  ASSERT_TRUE(root_->MakeLink("x", "old"));
  ASSERT_TRUE(root_->Sync());
  ASSERT_TRUE(root_->MakeLink("x", "new"));
  ASSERT_TRUE(root_->RemoveFile("old"));
  EXPECT_EQ(After(CrashMode::kLoseUnsynced), Paths{"old"});
  EXPECT_EQ(After(CrashMode::kKeepAll), Paths{"new"});
}

TEST_F(MemFsTest, AFolderIsLostWithAllInItWhenItsParentWasNotSynced) {
  ASSERT_TRUE(root_->MakeDir("a"));
  ASSERT_TRUE(root_->MakeLink("x", "a/l"));
  Sync("a");
  EXPECT_EQ(After(CrashMode::kLoseUnsynced), Paths{});
  ASSERT_TRUE(root_->Sync());
  EXPECT_EQ(After(CrashMode::kLoseUnsynced), (Paths{"a/", "a/l"}));
}

TEST_F(MemFsTest, ARenameAcrossFoldersIsWholeAndNeedsBothSyncs) {
  ASSERT_TRUE(MakeDirs(*root_, "staging"));
  ASSERT_TRUE(MakeDirs(*root_, "versions"));
  ASSERT_TRUE(root_->MakeLink("x", "staging/l"));
  Sync("staging");
  ASSERT_TRUE(root_->Rename("staging/l", "versions/l"));
  const Paths before = {"staging/", "staging/l", "versions/"};
  const Paths after = {"staging/", "versions/", "versions/l"};
  EXPECT_EQ(After(CrashMode::kLoseUnsynced), before);
  Sync("versions");
  EXPECT_EQ(After(CrashMode::kLoseUnsynced), before);
  EXPECT_EQ(After(CrashMode::kKeepAll), after);
  Sync("staging");
  EXPECT_EQ(After(CrashMode::kLoseUnsynced), after);
}

TEST_F(MemFsTest, AChangeSurvivesOnlyAfterEarlierOnesOfTheSameName) {
  ASSERT_TRUE(MakeDirs(*root_, "a"));
  ASSERT_TRUE(MakeDirs(*root_, "b"));
  ASSERT_TRUE(root_->MakeLink("x", "a/l"));
  Sync("a");
  ASSERT_TRUE(root_->Rename("a/l", "b/l"));
  ASSERT_TRUE(root_->Rename("b/l", "b/m"));
  Sync("b");
  EXPECT_EQ(After(CrashMode::kLoseUnsynced), (Paths{"a/", "a/l", "b/"}));
  Sync("a");
  EXPECT_EQ(After(CrashMode::kLoseUnsynced), (Paths{"a/", "b/", "b/m"}));
}

TEST_F(MemFsTest, BytesSurviveUpToTheLastSync) {
  const auto file = std::move(root_->CreateFile("f")).value();
  ASSERT_TRUE(root_->Sync());
  ASSERT_TRUE(file->Append(AsBytes("1234")));
  ASSERT_TRUE(file->Sync());
  ASSERT_TRUE(file->Append(AsBytes("56789")));
  const auto content = [&](CrashMode mode) {
    return std::string(AsText(*ReadWholeFile(*machine_.Crash(mode)->Root(), "f", 100)));
  };
  EXPECT_EQ(content(CrashMode::kLoseUnsynced), "1234");
  EXPECT_EQ(content(CrashMode::kTornWrite), "123456");
  EXPECT_EQ(content(CrashMode::kKeepAll), "123456789");
}

TEST_F(MemFsTest, ACrashIsACopyThatTheRunningMachineDoesNotTouch) {
  const auto survivor = machine_.Crash(CrashMode::kKeepAll);
  ASSERT_TRUE(root_->MakeDir("later"));
  EXPECT_TRUE(std::move(survivor->Root()->List()).value().empty());
}

TEST_F(MemFsTest, AfterTheLastOperationEverythingFails) {
  const uint64_t before = machine_.operations();
  machine_.FailAfter(2);
  EXPECT_TRUE(root_->MakeDir("a"));
  EXPECT_FALSE(machine_.dead());
  EXPECT_TRUE(root_->Stat("a"));
  EXPECT_TRUE(machine_.dead());
  EXPECT_FALSE(root_->MakeDir("b"));
  EXPECT_FALSE(root_->Stat("a"));
  EXPECT_FALSE(root_->List());
  EXPECT_EQ(machine_.operations(), before + 2);
  const auto survivor = machine_.Crash(CrashMode::kKeepAll);
  EXPECT_TRUE(survivor->Root()->Stat("a")) << "the machine that starts again is alive";
}

TEST_F(MemFsTest, AFaultHitsOnceAndTheOneAskedFor) {
  machine_.InjectFault({.operation = Operation::kMakeDir, .skip = 1, .code = ErrorCode::kNoSpace});
  EXPECT_TRUE(root_->MakeDir("a"));
  EXPECT_TRUE(root_->Stat("a"));
  const Status second = root_->MakeDir("b");
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, ErrorCode::kNoSpace);
  EXPECT_FALSE(root_->Stat("b"));
  EXPECT_TRUE(root_->MakeDir("b"));
}

TEST_F(MemFsTest, AFaultMayComeAfterTheEffect) {
  machine_.InjectFault({.operation = Operation::kMakeDir, .effect = Effect::kDone});
  EXPECT_FALSE(root_->MakeDir("a"));
  EXPECT_TRUE(root_->Stat("a"));
  machine_.InjectFault({.operation = Operation::kLock, .effect = Effect::kDone});
  EXPECT_FALSE(root_->TryLock("lock"));
  EXPECT_TRUE(root_->TryLock("lock")) << "a lock that nobody was given is free";
}

TEST_F(MemFsTest, AFileWhoseSyncFailedIsLost) {
  const auto file = std::move(root_->CreateFile("f")).value();
  ASSERT_TRUE(root_->Sync());
  ASSERT_TRUE(file->Append(AsBytes("bytes")));
  machine_.InjectFault({.operation = Operation::kSyncFile});
  EXPECT_FALSE(file->Sync());
  EXPECT_FALSE(file->Sync()) << "a second sync proves nothing";
  EXPECT_TRUE(ReadWholeFile(*machine_.Crash(CrashMode::kLoseUnsynced)->Root(), "f", 100)->empty());
}

TEST_F(MemFsTest, LocksAreFreeAfterACrash) {
  const auto held = root_->TryLock("lock");
  ASSERT_TRUE(held);
  EXPECT_TRUE(machine_.Crash(CrashMode::kKeepAll)->Root()->TryLock("lock"));
  EXPECT_FALSE(root_->TryLock("lock"));
}

TEST_F(MemFsTest, NothingChangesInAReadOnlyFolder) {
  ASSERT_TRUE(MakeDirs(*root_, "v1"));
  ASSERT_TRUE(MakeDirs(*root_, "other"));
  ASSERT_TRUE(root_->MakeLink("x", "v1/l"));
  ASSERT_TRUE(root_->MakeReadOnly("v1"));
  EXPECT_FALSE(root_->CreateFile("v1/f"));
  EXPECT_FALSE(root_->MakeDir("v1/d"));
  EXPECT_FALSE(root_->RemoveFile("v1/l"));
  EXPECT_FALSE(root_->Rename("v1/l", "l"));
  EXPECT_FALSE(root_->Rename("v1", "other/v1")) << "its '..' would change";
  EXPECT_TRUE(root_->Rename("v1", "v2"));
}

TEST_F(MemFsTest, RealDamageShowsAsAnErrorOfTheRightKind) {
  ASSERT_TRUE(WriteFileAtomic(*root_, "f", AsBytes("x"), IfExists::kReplace));
  machine_.InjectFault({.operation = Operation::kRead});
  const Result<Bytes> read = ReadWholeFile(*root_, "f", 100);
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code, ErrorCode::kMachine);
}

}  // namespace
}  // namespace lotmark::fs
