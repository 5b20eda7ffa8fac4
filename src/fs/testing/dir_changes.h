// The second half of the suite of dir_conformance.h: renaming, removing, locks and modes.
#pragma once

#include <string>
#include <vector>

#include "fs/testing/dir_fixture.h"

namespace lotmark::fs {

class DirChanges : public DirFixture {};

TEST_P(DirChanges, RenameReplacesAFileOrALink) {
  ASSERT_TRUE(Write("new", "new"));
  ASSERT_TRUE(Write("old", "old"));
  const uint64_t inode = dir_->Stat("new")->inode;
  ASSERT_TRUE(dir_->Rename("new", "old"));
  EXPECT_EQ(Read("old"), "new");
  EXPECT_EQ(dir_->Stat("old")->inode, inode);
  ASSERT_TRUE(dir_->MakeLink("nowhere", "link"));
  ASSERT_TRUE(dir_->Rename("old", "link"));
  EXPECT_EQ(Read("link"), "new");
  EXPECT_EQ(NamesIn(*dir_), std::vector<std::string>{"link"});
}

TEST_P(DirChanges, RenameMovesALinkWithoutFollowingIt) {
  ASSERT_TRUE(Write("file", "text"));
  ASSERT_TRUE(dir_->MakeLink("file", "link"));
  ASSERT_TRUE(dir_->Rename("link", "moved"));
  EXPECT_EQ(*dir_->ReadLink("moved"), "file");
  EXPECT_EQ(Read("file"), "text");
}

TEST_P(DirChanges, RenameAcrossFoldersMovesAWholeTree) {
  ASSERT_TRUE(MakeDirs(*dir_, "staging/u1/golden"));
  ASSERT_TRUE(Write("staging/u1/golden/image", "pixels"));
  ASSERT_TRUE(dir_->MakeDir("versions"));
  ASSERT_TRUE(dir_->RenameNoReplace("staging/u1", "versions/v1"));
  EXPECT_EQ(Read("versions/v1/golden/image"), "pixels");
  EXPECT_EQ(CodeOf(dir_->Stat("staging/u1")), ErrorCode::kNotFound);
}

TEST_P(DirChanges, AFolderNeitherReplacesNorIsReplaced) {
  ASSERT_TRUE(dir_->MakeDir("folder"));
  ASSERT_TRUE(dir_->MakeDir("empty"));
  ASSERT_TRUE(Write("file", "text"));
  EXPECT_EQ(CodeOf(dir_->Rename("folder", "empty")), ErrorCode::kRefused);
  EXPECT_EQ(CodeOf(dir_->Rename("folder", "file")), ErrorCode::kRefused);
  EXPECT_EQ(CodeOf(dir_->Rename("file", "folder")), ErrorCode::kRefused);
  EXPECT_EQ(NamesIn(*dir_), (std::vector<std::string>{"empty", "file", "folder"}));
}

TEST_P(DirChanges, RenameNoReplaceKeepsWhatIsThere) {
  ASSERT_TRUE(Write("new", "new"));
  ASSERT_TRUE(Write("file", "old"));
  ASSERT_TRUE(dir_->MakeDir("folder"));
  ASSERT_TRUE(dir_->MakeLink("nowhere", "link"));
  for (const char* taken : {"file", "folder", "link"}) {
    EXPECT_EQ(CodeOf(dir_->RenameNoReplace("new", taken)), ErrorCode::kConflict) << taken;
  }
  EXPECT_EQ(Read("file"), "old");
  ASSERT_TRUE(dir_->RenameNoReplace("new", "free"));
  EXPECT_EQ(Read("free"), "new");
}

TEST_P(DirChanges, RefusesARenameToItselfOrBeneathItself) {
  ASSERT_TRUE(dir_->MakeDir("folder"));
  for (const char* to : {"folder", "folder/x", "folder/x/y"}) {
    EXPECT_EQ(CodeOf(dir_->Rename("folder", to)), ErrorCode::kRefused) << to;
    EXPECT_EQ(CodeOf(dir_->RenameNoReplace("folder", to)), ErrorCode::kRefused) << to;
  }
  EXPECT_TRUE(dir_->Rename("folder", "folder2"));
}

TEST_P(DirChanges, RemovesOnlyWhatWasAskedFor) {
  ASSERT_TRUE(dir_->MakeDir("folder"));
  ASSERT_TRUE(Write("folder/file", "text"));
  ASSERT_TRUE(dir_->MakeLink("folder", "link"));
  EXPECT_EQ(CodeOf(dir_->RemoveFile("folder")), ErrorCode::kRefused);
  EXPECT_EQ(CodeOf(dir_->RemoveDir("folder")), ErrorCode::kRefused);
  EXPECT_EQ(CodeOf(dir_->RemoveDir("link")), ErrorCode::kRefused);
  EXPECT_EQ(CodeOf(dir_->RemoveDir("folder/file")), ErrorCode::kRefused);
  ASSERT_TRUE(dir_->RemoveFile("link"));
  EXPECT_EQ(Read("folder/file"), "text");
  ASSERT_TRUE(dir_->RemoveFile("folder/file"));
  ASSERT_TRUE(dir_->RemoveDir("folder"));
  EXPECT_TRUE(NamesIn(*dir_).empty());
}

TEST_P(DirChanges, AnOpenFolderKeepsItsMeaningWhenItsNameMoves) {
  ASSERT_TRUE(dir_->MakeDir("v1"));
  ASSERT_TRUE(Write("v1/model", "first"));
  const auto open = std::move(dir_->OpenDir("v1")).value();
  ASSERT_TRUE(dir_->Rename("v1", "moved"));
  ASSERT_TRUE(dir_->MakeDir("v1"));
  ASSERT_TRUE(Write("v1/model", "impostor"));
  EXPECT_EQ(AsText(*ReadWholeFile(*open, "model", 100)), "first");
}

TEST_P(DirChanges, AnOpenFileOutlivesItsName) {
  ASSERT_TRUE(Write("file", "text"));
  const auto open = std::move(dir_->OpenFile("file")).value();
  ASSERT_TRUE(dir_->RemoveFile("file"));
  Bytes out(4);
  EXPECT_EQ(*open->ReadAt(0, out), 4u);
  EXPECT_EQ(AsText(out), "text");
}

TEST_P(DirChanges, NothingIsMadeInARemovedFolder) {
  ASSERT_TRUE(dir_->MakeDir("gone"));
  const auto open = std::move(dir_->OpenDir("gone")).value();
  ASSERT_TRUE(dir_->RemoveDir("gone"));
  EXPECT_EQ(CodeOf(open->CreateFile("x")), ErrorCode::kNotFound);
  EXPECT_EQ(CodeOf(open->MakeDir("x")), ErrorCode::kNotFound);
  EXPECT_TRUE(NamesIn(*open).empty());
}

TEST_P(DirChanges, ALockExcludesUntilItIsDropped) {
  auto held = dir_->TryLock("lock");
  ASSERT_TRUE(held);
  EXPECT_EQ(CodeOf(dir_->TryLock("lock")), ErrorCode::kBusy);
  const auto again = backend_->Open();
  EXPECT_EQ(CodeOf(again->TryLock("lock")), ErrorCode::kBusy);
  EXPECT_TRUE(again->TryLock("other"));
  held->reset();
  EXPECT_TRUE(again->TryLock("lock"));
  EXPECT_EQ(dir_->Stat("lock")->kind, EntryKind::kFile);
}

TEST_P(DirChanges, ALockOfTheFolderItselfFollowsItsMoves) {
  ASSERT_TRUE(dir_->MakeDir("u1"));
  const auto folder = std::move(dir_->OpenDir("u1")).value();
  auto held = folder->TryLockSelf();
  ASSERT_TRUE(held);
  EXPECT_EQ(CodeOf(folder->TryLockSelf()), ErrorCode::kBusy);
  ASSERT_TRUE(dir_->Rename("u1", "u2"));
  EXPECT_EQ(CodeOf(std::move(dir_->OpenDir("u2")).value()->TryLockSelf()), ErrorCode::kBusy);
  EXPECT_TRUE(dir_->TryLockSelf());
  held->reset();
  EXPECT_TRUE(std::move(dir_->OpenDir("u2")).value()->TryLockSelf());
}

TEST_P(DirChanges, ReadOnlyAndBack) {
  ASSERT_TRUE(MakeDirs(*dir_, "v1/golden"));
  ASSERT_TRUE(Write("v1/model", "bytes"));
  ASSERT_TRUE(dir_->MakeReadOnly("v1/model"));
  ASSERT_TRUE(dir_->MakeReadOnly("v1"));
  EXPECT_EQ(Read("v1/model"), "bytes");
  EXPECT_TRUE(dir_->Rename("v1", "v2"));
  ASSERT_TRUE(dir_->MakeWritable("v2"));
  EXPECT_TRUE(dir_->RemoveFile("v2/model"));
}

}  // namespace lotmark::fs
