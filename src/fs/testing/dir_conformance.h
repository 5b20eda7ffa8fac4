// One suite of behaviour that every Dir must show: the real disk, in both ways of finding a path, and the fake. Without
// it the crash tests would prove something about the fake only.
//
// Include in one test file, and instantiate:
//   INSTANTIATE_TEST_SUITE_P(Disk, DirConformance, testing::ValuesIn(AllBackends()), BackendName);
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "fs/testing/dir_fixture.h"

namespace lotmark::fs {

class DirConformance : public DirFixture {
 protected:
  // Every operation that takes a path, so that no one of them forgets a rule.
  std::vector<std::pair<std::string, std::function<Status(const std::string&)>>> OperationsOnPath() {
    const auto status_of = [](const auto& result) { return result ? Ok() : Status(result.error()); };
    return {
        {"OpenDir", [=, this](const std::string& path) { return status_of(dir_->OpenDir(path)); }},
        {"OpenFile", [=, this](const std::string& path) { return status_of(dir_->OpenFile(path)); }},
        {"CreateFile", [=, this](const std::string& path) { return status_of(dir_->CreateFile(path)); }},
        {"MakeDir", [this](const std::string& path) { return dir_->MakeDir(path); }},
        {"MakeLink", [this](const std::string& path) { return dir_->MakeLink("target", path); }},
        {"ReadLink", [=, this](const std::string& path) { return status_of(dir_->ReadLink(path)); }},
        {"Stat", [=, this](const std::string& path) { return status_of(dir_->Stat(path)); }},
        {"Rename from", [this](const std::string& path) { return dir_->Rename(path, "new"); }},
        {"Rename to", [this](const std::string& path) { return dir_->Rename("file", path); }},
        {"RenameNoReplace from", [this](const std::string& path) { return dir_->RenameNoReplace(path, "new"); }},
        {"RenameNoReplace to", [this](const std::string& path) { return dir_->RenameNoReplace("file", path); }},
        {"RemoveFile", [this](const std::string& path) { return dir_->RemoveFile(path); }},
        {"RemoveDir", [this](const std::string& path) { return dir_->RemoveDir(path); }},
        {"MakeReadOnly", [this](const std::string& path) { return dir_->MakeReadOnly(path); }},
        {"MakeWritable", [this](const std::string& path) { return dir_->MakeWritable(path); }},
        {"TryLock", [=, this](const std::string& path) { return status_of(dir_->TryLock(path)); }},
    };
  }

  void ExpectEveryOperationFails(const std::string& path, ErrorCode code) {
    for (const auto& [name, operation] : OperationsOnPath()) {
      const Status status = operation(path);
      EXPECT_FALSE(status) << name << " accepted '" << path << "'";
      if (!status) {
        EXPECT_EQ(status.error().code, code) << name << ": " << status.error().text;
      }
    }
  }
};

TEST_P(DirConformance, RefusesPathsThatAreNotPlainlyBeneath) {
  ASSERT_TRUE(Write("file", "text"));
  ASSERT_TRUE(dir_->MakeDir("folder"));
  const std::string bad[] = {"",
                             "/",
                             "/etc/passwd",
                             ".",
                             "..",
                             "../file",
                             "folder/..",
                             "folder/../file",
                             "./file",
                             "folder//x",
                             "folder/",
                             "folder/./x",
                             std::string("fi\0le", 5),
                             std::string(256, 'n'),
                             "folder/" + std::string(256, 'n'),
                             [] {
                               std::string deep = "a";
                               while (deep.size() < 5000) deep += "/a";
                               return deep;
                             }()};
  for (const std::string& path : bad) ExpectEveryOperationFails(path, ErrorCode::kRefused);
  EXPECT_EQ(NamesIn(*dir_), (std::vector<std::string>{"file", "folder"}));
}

TEST_P(DirConformance, NeverFollowsALinkOnTheWay) {
  ASSERT_TRUE(Write("file", "text"));
  ASSERT_TRUE(dir_->MakeDir("real"));
  ASSERT_TRUE(Write("real/inside", "secret"));
  ASSERT_TRUE(dir_->MakeLink("real", "link"));
  ExpectEveryOperationFails("link/inside", ErrorCode::kRefused);
  ExpectEveryOperationFails("link/other", ErrorCode::kRefused);
  ASSERT_TRUE(dir_->MakeLink("../real", "real/up"));
  ExpectEveryOperationFails("real/up/inside", ErrorCode::kRefused);
  EXPECT_EQ(Read("real/inside"), "secret");
}

TEST_P(DirConformance, RefusesAFileOnTheWay) {
  ASSERT_TRUE(Write("file", "text"));
  ASSERT_TRUE(Write("other", "text"));
  ExpectEveryOperationFails("other/inside", ErrorCode::kRefused);
}

TEST_P(DirConformance, SaysNotFoundForAMissingFolderOnTheWay) {
  ASSERT_TRUE(Write("file", "text"));
  ExpectEveryOperationFails("missing/inside", ErrorCode::kNotFound);
}

TEST_P(DirConformance, SaysNotFoundForAMissingEntry) {
  EXPECT_EQ(CodeOf(dir_->OpenDir("x")), ErrorCode::kNotFound);
  EXPECT_EQ(CodeOf(dir_->OpenFile("x")), ErrorCode::kNotFound);
  EXPECT_EQ(CodeOf(dir_->ReadLink("x")), ErrorCode::kNotFound);
  EXPECT_EQ(CodeOf(dir_->Stat("x")), ErrorCode::kNotFound);
  EXPECT_EQ(CodeOf(dir_->Rename("x", "y")), ErrorCode::kNotFound);
  EXPECT_EQ(CodeOf(dir_->RenameNoReplace("x", "y")), ErrorCode::kNotFound);
  EXPECT_EQ(CodeOf(dir_->RemoveFile("x")), ErrorCode::kNotFound);
  EXPECT_EQ(CodeOf(dir_->RemoveDir("x")), ErrorCode::kNotFound);
  EXPECT_EQ(CodeOf(dir_->MakeReadOnly("x")), ErrorCode::kNotFound);
}

TEST_P(DirConformance, ListsEntriesSortedWithTheirKinds) {
  ASSERT_TRUE(dir_->MakeDir("b"));
  ASSERT_TRUE(Write("c", ""));
  ASSERT_TRUE(Write("B", ""));
  ASSERT_TRUE(dir_->MakeLink("nowhere", "a"));
  const Result<std::vector<Entry>> entries = dir_->List();
  ASSERT_TRUE(entries);
  std::vector<std::pair<std::string, EntryKind>> found;
  for (const Entry& entry : *entries) found.emplace_back(entry.name, entry.kind);
  const std::vector<std::pair<std::string, EntryKind>> wanted = {
      {"B", EntryKind::kFile}, {"a", EntryKind::kLink}, {"b", EntryKind::kFolder}, {"c", EntryKind::kFile}};
  EXPECT_EQ(found, wanted);
}

TEST_P(DirConformance, ListsAgainFromTheStart) {
  ASSERT_TRUE(Write("a", ""));
  EXPECT_EQ(NamesIn(*dir_).size(), 1u);
  ASSERT_TRUE(Write("b", ""));
  EXPECT_EQ(NamesIn(*dir_).size(), 2u);
}

TEST_P(DirConformance, AcceptsTheLongestNameAndBytesThatAreNotUtf8) {
  const std::string longest(255, 'n');
  ASSERT_TRUE(Write(longest, "long"));
  ASSERT_TRUE(Write("\xff\xfe", "odd"));
  EXPECT_EQ(Read(longest), "long");
  EXPECT_EQ(Read("\xff\xfe"), "odd");
  const Result<std::unique_ptr<Dir>> refused = dir_->OpenDir("\xff\xfe");
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().text.find("\\xff\\xfe"), std::string::npos) << refused.error().text;
}

TEST_P(DirConformance, ReadsBackWhatWasAppended) {
  const auto file = std::move(dir_->CreateFile("f")).value();
  ASSERT_TRUE(file->Append(AsBytes("0123")));
  ASSERT_TRUE(file->Append({}));
  ASSERT_TRUE(file->Append(AsBytes("456789")));
  ASSERT_TRUE(file->Sync());
  ASSERT_TRUE(file->Close());

  const auto reader = std::move(dir_->OpenFile("f")).value();
  EXPECT_EQ(*reader->Size(), 10u);
  Bytes out(4);
  EXPECT_EQ(*reader->ReadAt(3, out), 4u);
  EXPECT_EQ(AsText(out), "3456");
  EXPECT_EQ(*reader->ReadAt(8, out), 2u);
  EXPECT_EQ(AsText(ByteView(out).first(2)), "89");
  EXPECT_EQ(*reader->ReadAt(10, out), 0u);
  EXPECT_EQ(*reader->ReadAt(1 << 30, out), 0u);
  EXPECT_EQ(*reader->ReadAt(0, {}), 0u);
}

TEST_P(DirConformance, AClosedFileTakesNothingMore) {
  const auto file = std::move(dir_->CreateFile("f")).value();
  ASSERT_TRUE(file->Close());
  EXPECT_EQ(CodeOf(file->Append(AsBytes("x"))), ErrorCode::kMachine);
  EXPECT_EQ(CodeOf(file->Sync()), ErrorCode::kMachine);
  EXPECT_EQ(CodeOf(file->Close()), ErrorCode::kMachine);
}

TEST_P(DirConformance, NothingNewTakesAnExistingName) {
  ASSERT_TRUE(Write("file", "old"));
  ASSERT_TRUE(dir_->MakeDir("folder"));
  ASSERT_TRUE(dir_->MakeLink("nowhere", "link"));
  for (const char* name : {"file", "folder", "link"}) {
    EXPECT_EQ(CodeOf(dir_->CreateFile(name)), ErrorCode::kConflict) << name;
    EXPECT_EQ(CodeOf(dir_->MakeDir(name)), ErrorCode::kConflict) << name;
    EXPECT_EQ(CodeOf(dir_->MakeLink("x", name)), ErrorCode::kConflict) << name;
  }
  EXPECT_EQ(Read("file"), "old");
  EXPECT_EQ(*dir_->ReadLink("link"), "nowhere");
  EXPECT_EQ(CodeOf(dir_->Stat("nowhere")), ErrorCode::kNotFound);
}

TEST_P(DirConformance, RefusesToOpenWhatIsOfAnotherKind) {
  ASSERT_TRUE(Write("file", "text"));
  ASSERT_TRUE(dir_->MakeDir("folder"));
  ASSERT_TRUE(dir_->MakeLink("file", "to_file"));
  ASSERT_TRUE(dir_->MakeLink("folder", "to_folder"));
  EXPECT_EQ(CodeOf(dir_->OpenDir("file")), ErrorCode::kRefused);
  EXPECT_EQ(CodeOf(dir_->OpenDir("to_folder")), ErrorCode::kRefused);
  EXPECT_EQ(CodeOf(dir_->OpenFile("folder")), ErrorCode::kRefused);
  EXPECT_EQ(CodeOf(dir_->OpenFile("to_file")), ErrorCode::kRefused);
  EXPECT_EQ(CodeOf(dir_->ReadLink("file")), ErrorCode::kRefused);
  EXPECT_EQ(CodeOf(dir_->ReadLink("folder")), ErrorCode::kRefused);
  EXPECT_EQ(CodeOf(dir_->MakeReadOnly("to_file")), ErrorCode::kRefused);
  EXPECT_EQ(CodeOf(dir_->TryLock("to_file")), ErrorCode::kRefused);
  EXPECT_EQ(CodeOf(dir_->TryLock("folder")), ErrorCode::kRefused);
}

TEST_P(DirConformance, ErrorsNameThePath) {
  ASSERT_TRUE(dir_->MakeDir("models"));
  const auto models = std::move(dir_->OpenDir("models")).value();
  const Result<std::unique_ptr<ReadableFile>> missing = models->OpenFile("gone.onnx");
  ASSERT_FALSE(missing);
  EXPECT_NE(missing.error().text.find(models->DisplayPath() + "/gone.onnx"), std::string::npos) << missing.error().text;
}

TEST_P(DirConformance, KeepsTheTextOfALinkAsItIs) {
  const std::string texts[] = {"versions/2024-v1", "/absolute/../odd//text", std::string(4095, 't')};
  for (const std::string& text : texts) {
    ASSERT_TRUE(dir_->MakeLink(text, "link"));
    EXPECT_EQ(*dir_->ReadLink("link"), text);
    ASSERT_TRUE(dir_->RemoveFile("link"));
  }
  for (const std::string& text : {std::string(), std::string("a\0b", 3), std::string(4096, 't')}) {
    EXPECT_EQ(CodeOf(dir_->MakeLink(text, "link")), ErrorCode::kRefused);
  }
}

TEST_P(DirConformance, StatLooksAtTheEntryItself) {
  ASSERT_TRUE(Write("file", "12345"));
  ASSERT_TRUE(dir_->MakeDir("folder"));
  ASSERT_TRUE(dir_->MakeLink("file", "link"));
  EXPECT_EQ(dir_->Stat("file")->kind, EntryKind::kFile);
  EXPECT_EQ(dir_->Stat("file")->size, 5u);
  EXPECT_EQ(dir_->Stat("folder")->kind, EntryKind::kFolder);
  EXPECT_EQ(dir_->Stat("link")->kind, EntryKind::kLink);
  EXPECT_NE(dir_->Stat("link")->inode, dir_->Stat("file")->inode);
  EXPECT_EQ(dir_->Stat("link")->device, dir_->Stat("file")->device);
}

TEST_P(DirConformance, SyncsFolders) {
  EXPECT_TRUE(dir_->Sync());
  ASSERT_TRUE(dir_->MakeDir("folder"));
  EXPECT_TRUE(std::move(dir_->OpenDir("folder")).value()->Sync());
}

}  // namespace lotmark::fs
