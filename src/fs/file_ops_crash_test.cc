// The promises of file_ops.h under power loss and failing operations, at every step.
#include <gtest/gtest.h>

#include <functional>
#include <set>

#include "fs/file_ops.h"
#include "fs/testing/mem_fs.h"

namespace lotmark::fs {
namespace {

std::string Read(Dir& dir, std::string_view path) {
  const Result<Bytes> bytes = ReadWholeFile(dir, path, 1 << 20);
  if (bytes) return std::string(AsText(*bytes));
  return bytes.error().code == ErrorCode::kNotFound ? "(missing)" : "(" + bytes.error().text + ")";
}

std::string ReadPointer(Dir& dir) {
  const Result<std::string> text = dir.ReadLink("active");
  return text ? *text : "(missing)";
}

std::vector<Entry> EntriesOf(Dir& dir) { return std::move(dir.List()).value(); }

std::vector<std::string> Leftovers(Dir& dir, const std::string& expected_name) {
  std::vector<std::string> names;
  for (const Entry& entry : EntriesOf(dir)) {
    if (entry.name != expected_name) names.push_back(entry.name);
  }
  return names;
}

Status WriteDurably(Dir& dir, std::string_view name, std::string_view text) {
  return WriteFileAtomic(dir, name, AsBytes(text), IfExists::kReplace);
}

// Lets the machine die after n = 0, 1, 2 ... operations of `change`, until it lives through it; after each, every
// crash must show `before` or `after`, and only `after` once `change` has said OK.
struct CrashCase {
  std::function<void(Dir&)> prepare;
  std::function<Status(Dir&)> change;
  std::function<std::string(Dir&)> observe;
  std::string before;
  std::string after;
};

void ExpectAtomicAndDurable(const CrashCase& test) {
  bool died = true;
  std::set<std::string> outcomes;
  for (uint64_t n = 0; died; ++n) {
    MemFs machine;
    test.prepare(*machine.Root());
    machine.FailAfter(n);
    const Status changed = test.change(*machine.Root());
    died = machine.dead();
    if (!died) {
      ASSERT_TRUE(changed) << changed.error().text;
    }
    for (const CrashMode mode : kAllCrashModes) {
      SCOPED_TRACE("died after " + std::to_string(n) + " operations, mode " + std::to_string(static_cast<int>(mode)));
      const auto survivor = machine.Crash(mode);
      const std::string found = test.observe(*survivor->Root());
      outcomes.insert(found);
      EXPECT_TRUE(found == test.before || found == test.after) << found;
      if (changed) {
        EXPECT_EQ(found, test.after);
      } else if (changed.error().code != ErrorCode::kUnconfirmed) {
        EXPECT_EQ(found, test.before);
      }
      const auto root = survivor->Root();
      for (const Entry& entry : EntriesOf(*root)) {
        EXPECT_TRUE(entry.name == "f" || entry.name == "active" || entry.name.starts_with(".tmp-")) << entry.name;
      }
      EXPECT_TRUE(test.change(*root)) << "a second attempt after the restart";
      EXPECT_EQ(test.observe(*survivor->Crash(CrashMode::kLoseUnsynced)->Root()), test.after);
    }
  }
  EXPECT_EQ(outcomes, (std::set<std::string>{test.before, test.after})) << "the test must have seen both";
}

TEST(Crash, WriteFileAtomicIsOldOrNew) {
  ExpectAtomicAndDurable({
      .prepare = [](Dir& dir) { ASSERT_TRUE(WriteDurably(dir, "f", "old content")); },
      .change = [](Dir& dir) { return WriteDurably(dir, "f", "new content"); },
      .observe = [](Dir& dir) { return Read(dir, "f"); },
      .before = "old content",
      .after = "new content",
  });
}

TEST(Crash, WriteFileAtomicOfANewNameIsNothingOrAll) {
  ExpectAtomicAndDurable({
      .prepare = [](Dir&) {},
      .change =
          [](Dir& dir) {
            const Status written = WriteFileAtomic(dir, "f", AsBytes("content"), IfExists::kRefuse);
            return !written && written.error().code == ErrorCode::kConflict ? dir.Sync() : written;
          },
      .observe = [](Dir& dir) { return Read(dir, "f"); },
      .before = "(missing)",
      .after = "content",
  });
}

TEST(Crash, ReplaceLinkAtomicIsOldOrNew) {
  ExpectAtomicAndDurable({
      .prepare = [](Dir& dir) { ASSERT_TRUE(ReplaceLinkAtomic(dir, "active", "versions/v1")); },
      .change = [](Dir& dir) { return ReplaceLinkAtomic(dir, "active", "versions/v2"); },
      .observe = ReadPointer,
      .before = "versions/v1",
      .after = "versions/v2",
  });
}

TEST(Crash, MakeDirsOnceOkSurvives) {
  MemFs machine;
  ASSERT_TRUE(MakeDirs(*machine.Root(), "a/b/c"));
  EXPECT_TRUE(machine.Crash(CrashMode::kLoseUnsynced)->Root()->Stat("a/b/c"));
}

TEST(Crash, MakeDirsSyncsAlsoWhatADeadProcessMade) {
  MemFs machine;
  ASSERT_TRUE(machine.Root()->MakeDir("a"));
  ASSERT_TRUE(MakeDirs(*machine.Root(), "a/b"));
  EXPECT_TRUE(machine.Crash(CrashMode::kLoseUnsynced)->Root()->Stat("a/b"));
}

TEST(Crash, CopyFileHashingSurvivesOnceTheFolderIsSynced) {
  MemFs machine;
  const auto root = machine.Root();
  ASSERT_TRUE(WriteDurably(*root, "from", "the bytes of a model"));
  const auto from = std::move(root->OpenFile("from")).value();
  ASSERT_TRUE(CopyFileHashing(*from, *root, "to"));
  EXPECT_EQ(Read(*machine.Crash(CrashMode::kLoseUnsynced)->Root(), "to"), "(missing)");
  EXPECT_EQ(Read(*machine.Crash(CrashMode::kTornWrite)->Root(), "to"), "the bytes of a model");
  ASSERT_TRUE(root->Sync());
  EXPECT_EQ(Read(*machine.Crash(CrashMode::kLoseUnsynced)->Root(), "to"), "the bytes of a model");
}

// Controls: the same writes with one sync left out must fail these tests, or the tests would prove nothing.
Status WriteSkipping(Dir& dir, bool sync_file, bool sync_folder) {
  LOTMARK_ASSIGN_OR_RETURN(const auto file, dir.CreateFile("temp"));
  LOTMARK_RETURN_IF_ERROR(file->Append(AsBytes("new content")));
  if (sync_file) LOTMARK_RETURN_IF_ERROR(file->Sync());
  LOTMARK_RETURN_IF_ERROR(file->Close());
  LOTMARK_RETURN_IF_ERROR(dir.Rename("temp", "f"));
  return sync_folder ? dir.Sync() : Ok();
}

TEST(CrashControl, WithoutTheFileSyncTheContentIsLost) {
  MemFs machine;
  ASSERT_TRUE(WriteDurably(*machine.Root(), "f", "old content"));
  ASSERT_TRUE(WriteSkipping(*machine.Root(), false, true));
  EXPECT_EQ(Read(*machine.Crash(CrashMode::kLoseUnsynced)->Root(), "f"), "");
  EXPECT_EQ(Read(*machine.Crash(CrashMode::kTornWrite)->Root(), "f"), "new c");
  EXPECT_EQ(Read(*machine.Crash(CrashMode::kKeepAll)->Root(), "f"), "new content");
}

TEST(CrashControl, WithoutTheFolderSyncTheOldContentComesBack) {
  MemFs machine;
  ASSERT_TRUE(WriteDurably(*machine.Root(), "f", "old content"));
  ASSERT_TRUE(WriteSkipping(*machine.Root(), true, false));
  EXPECT_EQ(Read(*machine.Root(), "f"), "new content");
  EXPECT_EQ(Read(*machine.Crash(CrashMode::kLoseUnsynced)->Root(), "f"), "old content");
}

TEST(CrashControl, WithBothSyncsItSurvives) {
  MemFs machine;
  ASSERT_TRUE(WriteSkipping(*machine.Root(), true, true));
  EXPECT_EQ(Read(*machine.Crash(CrashMode::kLoseUnsynced)->Root(), "f"), "new content");
}

TEST(Fault, AnyFailingStepLeavesTheOldContentAndNoTemporaryFile) {
  const std::pair<Operation, const char*> steps[] = {{Operation::kCreateFile, "create"},
                                                     {Operation::kAppend, "append"},
                                                     {Operation::kSyncFile, "sync"},
                                                     {Operation::kCloseFile, "close"},
                                                     {Operation::kRename, "rename"}};
  for (const auto& [operation, name] : steps) {
    SCOPED_TRACE(name);
    MemFs machine;
    const auto root = machine.Root();
    ASSERT_TRUE(WriteDurably(*root, "f", "old"));
    machine.InjectFault({.operation = operation, .code = ErrorCode::kNoSpace});
    const Status written = WriteDurably(*root, "f", "new");
    ASSERT_FALSE(written);
    EXPECT_EQ(written.error().code, ErrorCode::kNoSpace) << written.error().text;
    EXPECT_EQ(Read(*root, "f"), "old");
    EXPECT_TRUE(Leftovers(*root, "f").empty());
  }
}

TEST(Fault, AFailingFolderSyncIsUnconfirmed) {
  MemFs machine;
  const auto root = machine.Root();
  ASSERT_TRUE(WriteDurably(*root, "f", "old"));
  machine.InjectFault({.operation = Operation::kSyncDir});
  const Status written = WriteDurably(*root, "f", "new");
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().code, ErrorCode::kUnconfirmed);
  EXPECT_NE(written.error().text.find("mem:/f"), std::string::npos) << written.error().text;
  EXPECT_EQ(Read(*root, "f"), "new");
  EXPECT_EQ(Read(*machine.Crash(CrashMode::kLoseUnsynced)->Root(), "f"), "old");
}

TEST(Fault, ARenameThatReportsFailureAfterSuccessIsUnconfirmed) {
  for (const ErrorCode code : {ErrorCode::kMachine, ErrorCode::kNotFound, ErrorCode::kConflict}) {
    MemFs machine;
    const auto root = machine.Root();
    machine.InjectFault({.operation = Operation::kRename, .code = code, .effect = Effect::kDone});
    const Status written = WriteFileAtomic(*root, "f", AsBytes("new"), IfExists::kRefuse);
    ASSERT_FALSE(written);
    EXPECT_EQ(written.error().code, ErrorCode::kUnconfirmed);
    EXPECT_EQ(Read(*root, "f"), "new");

    machine.InjectFault({.operation = Operation::kRename, .code = code, .effect = Effect::kDone});
    const Status moved = ReplaceLinkAtomic(*root, "active", "versions/v1");
    ASSERT_FALSE(moved);
    EXPECT_EQ(moved.error().code, ErrorCode::kUnconfirmed);
    EXPECT_EQ(ReadPointer(*root), "versions/v1");
  }
}

TEST(Fault, AFailingPointerRenameLeavesNoTemporaryLink) {
  MemFs machine;
  const auto root = machine.Root();
  ASSERT_TRUE(ReplaceLinkAtomic(*root, "active", "versions/v1"));
  machine.InjectFault({.operation = Operation::kRename});
  ASSERT_FALSE(ReplaceLinkAtomic(*root, "active", "versions/v2"));
  EXPECT_EQ(ReadPointer(*root), "versions/v1");
  EXPECT_TRUE(Leftovers(*root, "active").empty());
}

TEST(Fault, AFailedCopyIsRemoved) {
  for (const Operation operation :
       {Operation::kRead, Operation::kAppend, Operation::kSyncFile, Operation::kCloseFile}) {
    MemFs machine;
    const auto root = machine.Root();
    ASSERT_TRUE(WriteDurably(*root, "from", "bytes"));
    const auto from = std::move(root->OpenFile("from")).value();
    machine.InjectFault({.operation = operation, .code = ErrorCode::kNoSpace});
    const Result<HashedFile> copied = CopyFileHashing(*from, *root, "to");
    ASSERT_FALSE(copied);
    EXPECT_EQ(copied.error().code, ErrorCode::kNoSpace);
    EXPECT_TRUE(Leftovers(*root, "from").empty());
  }
}

}  // namespace
}  // namespace lotmark::fs
