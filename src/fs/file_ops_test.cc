#include "fs/file_ops.h"

#include "fs/hash_thread.h"
#include "fs/testing/backends.h"

namespace lotmark::fs {
namespace {

class FileOps : public DirFixture {};
INSTANTIATE_TEST_SUITE_P(Disk, FileOps, testing::ValuesIn(AllBackends()), BackendName);

Bytes Pattern(size_t size) {
  Bytes bytes(size);
  uint32_t state = 1;
  for (uint8_t& byte : bytes) byte = static_cast<uint8_t>((state = state * 1664525 + 1013904223) >> 24);
  return bytes;
}

TEST_P(FileOps, WriteFileAtomicWritesReplacesAndLeavesNothingElse) {
  ASSERT_TRUE(WriteFileAtomic(*dir_, "f", AsBytes("first"), IfExists::kReplace));
  EXPECT_EQ(Read("f"), "first");
  ASSERT_TRUE(WriteFileAtomic(*dir_, "f", AsBytes(""), IfExists::kReplace));
  EXPECT_EQ(Read("f"), "");
  EXPECT_EQ(NamesIn(*dir_), std::vector<std::string>{"f"});
}

TEST_P(FileOps, WriteFileAtomicRefusesToReplaceWhereAskedTo) {
  ASSERT_TRUE(WriteFileAtomic(*dir_, "f", AsBytes("first"), IfExists::kRefuse));
  const Status second = WriteFileAtomic(*dir_, "f", AsBytes("second"), IfExists::kRefuse);
  EXPECT_EQ(CodeOf(second), ErrorCode::kConflict);
  EXPECT_EQ(second.error().text, "cannot write: " + dir_->DisplayPath() + "/f: it exists already");
  EXPECT_EQ(Read("f"), "first");
  EXPECT_EQ(NamesIn(*dir_), std::vector<std::string>{"f"});
}

TEST_P(FileOps, WriteFileAtomicTakesOneComponentOnly) {
  ASSERT_TRUE(dir_->MakeDir("folder"));
  for (const char* name : {"", ".", "..", "folder/f", "/f"}) {
    EXPECT_EQ(CodeOf(WriteFileAtomic(*dir_, name, {}, IfExists::kReplace)), ErrorCode::kRefused) << name;
    EXPECT_EQ(CodeOf(ReplaceLinkAtomic(*dir_, name, "x")), ErrorCode::kRefused) << name;
  }
  EXPECT_EQ(NamesIn(*dir_), std::vector<std::string>{"folder"});
}

TEST_P(FileOps, NeitherWriteReplacesAFolder) {
  ASSERT_TRUE(dir_->MakeDir("folder"));
  EXPECT_EQ(CodeOf(WriteFileAtomic(*dir_, "folder", {}, IfExists::kReplace)), ErrorCode::kRefused);
  EXPECT_EQ(CodeOf(ReplaceLinkAtomic(*dir_, "folder", "x")), ErrorCode::kRefused);
  EXPECT_EQ(NamesIn(*dir_), std::vector<std::string>{"folder"});
}

TEST_P(FileOps, WriteFileAtomicCopesWithTheLongestName) {
  const std::string longest(255, 'n');
  ASSERT_TRUE(WriteFileAtomic(*dir_, longest, AsBytes("x"), IfExists::kRefuse));
  EXPECT_EQ(NamesIn(*dir_), std::vector<std::string>{longest});
}

TEST_P(FileOps, ReplaceLinkAtomicMovesThePointer) {
  ASSERT_TRUE(ReplaceLinkAtomic(*dir_, "active", "versions/v1"));
  ASSERT_TRUE(ReplaceLinkAtomic(*dir_, "active", "versions/v2"));
  EXPECT_EQ(*dir_->ReadLink("active"), "versions/v2");
  EXPECT_EQ(NamesIn(*dir_), std::vector<std::string>{"active"});
}

TEST_P(FileOps, ReplaceLinkAtomicTakesThePlaceOfAFile) {
  ASSERT_TRUE(Write("active", "a copy has dereferenced it"));
  ASSERT_TRUE(ReplaceLinkAtomic(*dir_, "active", "versions/v1"));
  EXPECT_EQ(*dir_->ReadLink("active"), "versions/v1");
}

TEST_P(FileOps, ReadWholeFileHasAnExactLimit) {
  ASSERT_TRUE(Write("f", "12345"));
  EXPECT_EQ(AsText(*ReadWholeFile(*dir_, "f", 5)), "12345");
  EXPECT_EQ(CodeOf(ReadWholeFile(*dir_, "f", 4)), ErrorCode::kTooLarge);
  EXPECT_EQ(CodeOf(ReadWholeFile(*dir_, "missing", 4)), ErrorCode::kNotFound);
  ASSERT_TRUE(Write("empty", ""));
  EXPECT_TRUE(ReadWholeFile(*dir_, "empty", 0)->empty());
}

TEST_P(FileOps, RemoveTreeTakesEverythingButWhatLinksPointTo) {
  ASSERT_TRUE(MakeDirs(*dir_, "keep"));
  ASSERT_TRUE(Write("keep/file", "kept"));
  ASSERT_TRUE(MakeDirs(*dir_, "tree/a/b/c"));
  ASSERT_TRUE(Write("tree/a/file", "x"));
  ASSERT_TRUE(dir_->MakeLink("../../keep", "tree/a/link"));
  ASSERT_TRUE(dir_->MakeReadOnly("tree/a/file"));
  ASSERT_TRUE(dir_->MakeReadOnly("tree/a/b"));
  ASSERT_TRUE(dir_->MakeReadOnly("tree/a"));
  ASSERT_TRUE(RemoveTree(*dir_, "tree"));
  EXPECT_EQ(NamesIn(*dir_), std::vector<std::string>{"keep"});
  EXPECT_EQ(Read("keep/file"), "kept");
}

TEST_P(FileOps, RemoveTreeOfNothingOfAFileOfALink) {
  ASSERT_TRUE(Write("file", "x"));
  ASSERT_TRUE(dir_->MakeLink("file", "link"));
  EXPECT_TRUE(RemoveTree(*dir_, "missing"));
  EXPECT_TRUE(RemoveTree(*dir_, "link"));
  EXPECT_EQ(NamesIn(*dir_), std::vector<std::string>{"file"});
  EXPECT_TRUE(RemoveTree(*dir_, "file"));
  EXPECT_EQ(CodeOf(RemoveTree(*dir_, "..")), ErrorCode::kRefused);
}

TEST_P(FileOps, MakeDirsMakesWhatIsMissing) {
  ASSERT_TRUE(MakeDirs(*dir_, "a/b"));
  ASSERT_TRUE(MakeDirs(*dir_, "a/b/c"));
  ASSERT_TRUE(MakeDirs(*dir_, "a/b/c"));
  EXPECT_EQ(dir_->Stat("a/b/c")->kind, EntryKind::kFolder);
  ASSERT_TRUE(Write("a/file", "x"));
  EXPECT_EQ(CodeOf(MakeDirs(*dir_, "a/file/d")), ErrorCode::kRefused);
  ASSERT_TRUE(dir_->MakeLink("b", "a/link"));
  EXPECT_EQ(CodeOf(MakeDirs(*dir_, "a/link/d")), ErrorCode::kRefused);
  EXPECT_EQ(CodeOf(MakeDirs(*dir_, "a/../d")), ErrorCode::kRefused);
}

TEST_P(FileOps, CopyFileHashingCopiesAndHashesAnySize) {
  constexpr size_t kPiece = HashThread::kPieceBytes;
  for (const size_t size : {size_t{0}, size_t{1}, kPiece - 1, kPiece, kPiece + 1, 9 * kPiece + 12345}) {
    const Bytes bytes = Pattern(size);
    ASSERT_TRUE(WriteFileAtomic(*dir_, "from", bytes, IfExists::kReplace));
    const auto from = std::move(dir_->OpenFile("from")).value();
    const Result<HashedFile> copied = CopyFileHashing(*from, *dir_, "to");
    ASSERT_TRUE(copied) << copied.error().text;
    EXPECT_EQ(copied->size, size);
    EXPECT_EQ(copied->sha256, Sha256Of(bytes));
    EXPECT_EQ(*ReadWholeFile(*dir_, "to", size), bytes);
    const Result<HashedFile> hashed = HashFile(*from);
    ASSERT_TRUE(hashed);
    EXPECT_EQ(hashed->sha256, copied->sha256);
    EXPECT_EQ(hashed->size, size);
    ASSERT_TRUE(dir_->RemoveFile("to"));
  }
}

TEST_P(FileOps, CopyFileHashingRefusesAnExistingTarget) {
  ASSERT_TRUE(Write("from", "new"));
  ASSERT_TRUE(Write("to", "old"));
  const auto from = std::move(dir_->OpenFile("from")).value();
  EXPECT_EQ(CodeOf(CopyFileHashing(*from, *dir_, "to")), ErrorCode::kConflict);
  EXPECT_EQ(Read("to"), "old");
}

TEST_P(FileOps, ProgressGrowsToTheSizeAndCanInterrupt) {
  const size_t size = 3 * HashThread::kPieceBytes + 5;
  ASSERT_TRUE(WriteFileAtomic(*dir_, "from", Pattern(size), IfExists::kReplace));
  const auto from = std::move(dir_->OpenFile("from")).value();
  std::vector<uint64_t> seen;
  const Progress record = [&](uint64_t done) {
    EXPECT_GT(done, seen.empty() ? 0 : seen.back());
    seen.push_back(done);
    return true;
  };
  ASSERT_TRUE(CopyFileHashing(*from, *dir_, "to", record));
  EXPECT_EQ(seen.back(), size);
  seen.clear();
  ASSERT_TRUE(HashFile(*from, record));
  EXPECT_EQ(seen.back(), size);

  const Progress stop = [](uint64_t done) { return done < 2 * HashThread::kPieceBytes; };
  const Result<HashedFile> interrupted = CopyFileHashing(*from, *dir_, "to2", stop);
  EXPECT_EQ(CodeOf(interrupted), ErrorCode::kRefused);
  EXPECT_EQ(interrupted.error().text, "interrupted: after 2097152 bytes");
  EXPECT_EQ(CodeOf(dir_->Stat("to2")), ErrorCode::kNotFound);
  EXPECT_EQ(CodeOf(HashFile(*from, stop)), ErrorCode::kRefused);
}

}  // namespace
}  // namespace lotmark::fs
