// Ordinary paths, where the operator names a folder: the only place where links are followed.
#include <gtest/gtest.h>

#include <filesystem>

#include "fs/file_ops.h"
#include "fs/posix_fs.h"
#include "fs/testing/temp_folder.h"

namespace lotmark::fs {
namespace {

TEST(OpenPosixDir, TakesTheOperatorsOwnWord) {
  const TempFolder folder;
  std::filesystem::create_directory(folder.PathOf("real"));
  std::filesystem::create_symlink("real", folder.PathOf("link"));
  EXPECT_TRUE(OpenPosixDir(folder.PathOf("link")));
  EXPECT_EQ(std::move(OpenPosixDir(folder.path() + "//")).value()->DisplayPath(), folder.path());
  EXPECT_TRUE(OpenPosixDir("."));
  EXPECT_TRUE(OpenPosixDir("/"));
}

TEST(OpenPosixDir, SaysWhatIsWrong) {
  const TempFolder folder;
  EXPECT_EQ(OpenPosixDir(folder.PathOf("missing")).error().code, ErrorCode::kNotFound);
  ASSERT_TRUE(std::move(OpenPosixDir(folder.path())).value()->CreateFile("file"));
  EXPECT_EQ(OpenPosixDir(folder.PathOf("file")).error().code, ErrorCode::kRefused);
  EXPECT_EQ(OpenPosixDir("").error().code, ErrorCode::kRefused);
  EXPECT_EQ(OpenPosixDir(std::string("/tmp\0/x", 7)).error().code, ErrorCode::kRefused);
  EXPECT_EQ(OpenPosixDir(folder.PathOf("a\nb")).error().text,
            "cannot open folder: " + folder.path() + "/a\\x0ab: no such file or folder");
}

TEST(CreatePosixDir, MakesMissingParentsAndAcceptsWhatIsThere) {
  const TempFolder folder;
  for (const char* name : {"a/b/c", "a/b/c", "a/b/d/", "e//f/./g", ""}) {
    const auto made = CreatePosixDir(folder.PathOf(name));
    ASSERT_TRUE(made) << made.error().text;
    EXPECT_TRUE(std::filesystem::is_directory(folder.PathOf(name)));
  }
  std::filesystem::create_symlink("a", folder.PathOf("link"));
  ASSERT_TRUE(CreatePosixDir(folder.PathOf("link/new")));
  EXPECT_TRUE(std::filesystem::is_directory(folder.PathOf("a/new")));
}

TEST(CreatePosixDir, RefusesWhatCannotBecomeAFolder) {
  const TempFolder folder;
  ASSERT_TRUE(std::move(OpenPosixDir(folder.path())).value()->CreateFile("file"));
  std::filesystem::create_symlink("nowhere", folder.PathOf("dangling"));
  for (const char* name : {"file", "file/x", "dangling", "dangling/x", "new/../x"}) {
    const auto made = CreatePosixDir(folder.PathOf(name));
    ASSERT_FALSE(made) << name;
    EXPECT_EQ(made.error().code, ErrorCode::kRefused) << made.error().text;
  }
  EXPECT_FALSE(std::filesystem::exists(folder.PathOf("new"))) << "nothing is half-made";
  EXPECT_EQ(CreatePosixDir("").error().code, ErrorCode::kRefused);
}

TEST(IsNetworkFileSystem, KnowsALocalOne) {
  const TempFolder folder;
  EXPECT_FALSE(*IsNetworkFileSystem("/proc"));
  EXPECT_EQ(IsNetworkFileSystem(folder.PathOf("missing")).error().code, ErrorCode::kNotFound);
}

TEST(TempFolder, IsGoneAfterwardsEvenWhenReadOnly) {
  std::string path;
  {
    const TempFolder folder;
    path = folder.path();
    const auto dir = std::move(OpenPosixDir(path)).value();
    ASSERT_TRUE(MakeDirs(*dir, "a/b"));
    ASSERT_TRUE(dir->MakeReadOnly("a"));
  }
  EXPECT_FALSE(std::filesystem::exists(path));
}

}  // namespace
}  // namespace lotmark::fs
