// The real disk under conditions that a process can take on only for good, so each runs in a child: another user, a
// kernel filter without openat2, a full disk, a read-only one.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/filter.h>
#include <linux/openat2.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstddef>

#include "fs/file_ops.h"
#include "fs/posix_fs.h"
#include "fs/testing/child_process.h"
#include "fs/testing/temp_folder.h"

namespace lotmark::fs {
namespace {

template <typename T>
ErrorCode CodeOf(const Result<T>& result) {
  EXPECT_FALSE(result) << "it succeeded";
  return result ? ErrorCode::kUsage : result.error().code;
}

std::unique_ptr<Dir> MustOpen(const std::string& path) { return std::move(OpenPosixDir(path)).value(); }

// From now on openat2 answers `error_number`, as container run-times do that do not know it.
bool FilterOpenat2(unsigned error_number) {
  sock_filter program[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_openat2, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | error_number),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  const sock_fprog filter{static_cast<unsigned short>(std::size(program)), program};
  return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0;
}

TEST(FilteredOpenat2, IsReplacedByTheWayThroughComponents) {
  for (const int error_number : {EPERM, ENOSYS}) {
    const TempFolder folder;
    EXPECT_TRUE(PassesInChild([&] {
      ASSERT_TRUE(FilterOpenat2(static_cast<unsigned>(error_number)));
      open_how how{};
      ASSERT_EQ(::syscall(SYS_openat2, AT_FDCWD, "/", &how, sizeof how), -1);
      ASSERT_EQ(errno, error_number) << "the filter must be in force";
      const auto dir = MustOpen(folder.path());
      ASSERT_TRUE(MakeDirs(*dir, "a/b"));
      ASSERT_TRUE(dir->CreateFile("a/b/f"));
      EXPECT_TRUE(dir->OpenFile("a/b/f"));
      ASSERT_TRUE(dir->MakeLink("b", "a/link"));
      EXPECT_EQ(CodeOf(dir->OpenFile("a/link/f")), ErrorCode::kRefused);
      EXPECT_EQ(CodeOf(dir->OpenFile("a/../f")), ErrorCode::kRefused);
    }));
  }
}

TEST(UnprivilegedUser, GetsPermissionErrorsThatNameThePath) {
  if (!IsRoot()) GTEST_SKIP() << "needs root to become another user";
  const TempFolder folder;
  ASSERT_TRUE(WriteFileAtomic(*MustOpen(folder.path()), "f", AsBytes("old"), IfExists::kReplace));
  ASSERT_TRUE(MakeDirs(*MustOpen(folder.path()), "private"));
  ASSERT_EQ(::chmod(folder.path().c_str(), 0755), 0);
  ASSERT_EQ(::chmod(folder.PathOf("private").c_str(), 0700), 0);
  EXPECT_TRUE(PassesInChild([&] {
    BecomeNobody();
    const auto dir = MustOpen(folder.path());
    EXPECT_EQ(AsText(*ReadWholeFile(*dir, "f", 10)), "old");
    EXPECT_EQ(CodeOf(dir->CreateFile("new")), ErrorCode::kMachine);
    EXPECT_EQ(CodeOf(dir->RemoveFile("f")), ErrorCode::kMachine);
    EXPECT_EQ(CodeOf(dir->TryLock("lock")), ErrorCode::kMachine);
    EXPECT_EQ(CodeOf(dir->MakeReadOnly("f")), ErrorCode::kMachine);
    EXPECT_EQ(CodeOf(dir->OpenFile("private/f")), ErrorCode::kMachine);
    const Status written = WriteFileAtomic(*dir, "f", AsBytes("new"), IfExists::kReplace);
    ASSERT_FALSE(written);
    EXPECT_NE(written.error().text.find(folder.path()), std::string::npos);
    EXPECT_NE(written.error().text.find("Permission denied"), std::string::npos) << written.error().text;
    EXPECT_EQ(OpenPosixDir(folder.PathOf("private")).error().text,
              "cannot open folder: " + folder.PathOf("private") + ": Permission denied");
  }));
}

TEST(UnprivilegedUser, IsHeldByReadOnlyModesAndCanRemoveItsTrees) {
  if (!IsRoot()) GTEST_SKIP() << "needs root to become another user";
  const TempFolder folder;
  ASSERT_EQ(::chmod(folder.path().c_str(), 0777), 0);
  EXPECT_TRUE(PassesInChild([&] {
    BecomeNobody();
    const auto dir = MustOpen(folder.path());
    ASSERT_TRUE(MakeDirs(*dir, "v1/golden"));
    ASSERT_TRUE(dir->CreateFile("v1/golden/image"));
    ASSERT_TRUE(dir->MakeReadOnly("v1/golden/image"));
    ASSERT_TRUE(dir->MakeReadOnly("v1/golden"));
    ASSERT_TRUE(dir->MakeReadOnly("v1"));
    EXPECT_EQ(CodeOf(dir->CreateFile("v1/new")), ErrorCode::kMachine);
    EXPECT_EQ(CodeOf(dir->RemoveFile("v1/golden/image")), ErrorCode::kMachine);
    EXPECT_EQ(CodeOf(dir->Rename("v1/golden", "v1/other")), ErrorCode::kMachine);
    EXPECT_TRUE(dir->OpenFile("v1/golden/image"));
    EXPECT_TRUE(RemoveTree(*dir, "v1"));
    EXPECT_TRUE(dir->List()->empty());
  }));
}

// A small file system of the child's own; it is gone when the child ends.
bool MountSmallDisk(const std::string& path) {
  return ::unshare(CLONE_NEWNS) == 0 && ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
         ::mount("small", path.c_str(), "tmpfs", 0, "size=256k") == 0;
}

bool MayMount() {
  const TempFolder folder;
  return IsRoot() && PassesInChild([&] {
           if (!MountSmallDisk(folder.path())) ::_exit(1);
         });
}

TEST(FullDisk, LeavesTheOldContentAndNothingHalfWritten) {
  if (!MayMount()) GTEST_SKIP() << "mounting is not allowed here";
  const TempFolder folder;
  EXPECT_TRUE(PassesInChild([&] {
    ASSERT_TRUE(MountSmallDisk(folder.path()));
    const auto dir = MustOpen(folder.path());
    ASSERT_TRUE(WriteFileAtomic(*dir, "f", AsBytes("old"), IfExists::kReplace));
    const Bytes large(1 << 20, 'x');
    EXPECT_EQ(CodeOf(WriteFileAtomic(*dir, "f", large, IfExists::kReplace)), ErrorCode::kNoSpace);
    EXPECT_EQ(AsText(*ReadWholeFile(*dir, "f", 10)), "old");

    const auto from = std::move(MustOpen("/usr/bin")->OpenFile("bash")).value();
    EXPECT_EQ(CodeOf(CopyFileHashing(*from, *dir, "copy")), ErrorCode::kNoSpace);
    EXPECT_EQ(dir->List()->size(), 1u);
  }));
}

TEST(ReadOnlyDisk, ReadsAndSaysWhyItDoesNotWrite) {
  if (!MayMount()) GTEST_SKIP() << "mounting is not allowed here";
  const TempFolder folder;
  EXPECT_TRUE(PassesInChild([&] {
    ASSERT_TRUE(MountSmallDisk(folder.path()));
    ASSERT_TRUE(WriteFileAtomic(*MustOpen(folder.path()), "f", AsBytes("old"), IfExists::kReplace));
    ASSERT_TRUE(MakeDirs(*MustOpen(folder.path()), "a"));
    ASSERT_EQ(::mount(nullptr, folder.path().c_str(), nullptr, MS_REMOUNT | MS_RDONLY, nullptr), 0);
    const auto dir = MustOpen(folder.path());
    EXPECT_EQ(AsText(*ReadWholeFile(*dir, "f", 10)), "old");
    EXPECT_TRUE(MakeDirs(*dir, "a")) << "nothing to make, nothing to fail";
    EXPECT_EQ(CodeOf(ReplaceLinkAtomic(*dir, "active", "x")), ErrorCode::kMachine);
    const Status written = WriteFileAtomic(*dir, "f", AsBytes("new"), IfExists::kReplace);
    EXPECT_EQ(CodeOf(written), ErrorCode::kMachine);
    EXPECT_NE(written.error().text.find("Read-only file system"), std::string::npos) << written.error().text;
  }));
}

}  // namespace
}  // namespace lotmark::fs
