// What only a real disk shows: special files, hostile changes between two looks, rights, modes, processes.
#include "fs/posix_fs.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <thread>

#include "fs/file_ops.h"
#include "fs/testing/temp_folder.h"

namespace lotmark::fs {
namespace {

class PosixFs : public testing::TestWithParam<Resolution> {
 protected:
  void SetUp() override {
    Result<std::unique_ptr<Dir>> opened = OpenPosixDir(folder_.path(), GetParam());
    ASSERT_TRUE(opened);
    dir_ = std::move(opened).value();
  }

  void ExpectRefused(const std::string& name, const std::string& reason) {
    const Result<std::unique_ptr<ReadableFile>> opened = dir_->OpenFile(name);
    ASSERT_FALSE(opened) << name;
    EXPECT_EQ(opened.error().code, ErrorCode::kRefused) << opened.error().text;
    EXPECT_NE(opened.error().text.find(reason), std::string::npos) << opened.error().text;
  }

  mode_t ModeOf(const std::string& name) {
    struct stat info {};
    EXPECT_EQ(::lstat(folder_.PathOf(name).c_str(), &info), 0);
    return info.st_mode & 07777;
  }

  const TempFolder folder_;
  std::unique_ptr<Dir> dir_;
};

std::string ResolutionName(const testing::TestParamInfo<Resolution>& resolution) {
  return resolution.param == Resolution::kAutomatic ? "Automatic" : "ByComponent";
}
INSTANTIATE_TEST_SUITE_P(Disk, PosixFs, testing::Values(Resolution::kAutomatic, Resolution::kByComponent),
                         ResolutionName);

TEST_P(PosixFs, AFifoIsRefusedAndNeverWaitedFor) {
  ASSERT_EQ(::mkfifo(folder_.PathOf("fifo").c_str(), 0644), 0);
  ExpectRefused("fifo", "it is a device, pipe or socket");
  EXPECT_EQ(dir_->Stat("fifo")->kind, EntryKind::kOther);
  EXPECT_EQ(dir_->TryLock("fifo").error().code, ErrorCode::kRefused);
  EXPECT_EQ(dir_->MakeReadOnly("fifo").error().code, ErrorCode::kRefused);
}

TEST_P(PosixFs, ASocketIsRefused) {
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  folder_.PathOf("socket").copy(address.sun_path, sizeof address.sun_path - 1);
  ASSERT_EQ(::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  ExpectRefused("socket", "it is a device, pipe or socket");
  ::close(fd);
}

TEST_P(PosixFs, ADeviceIsRefused) {
  if (::mknod(folder_.PathOf("zero").c_str(), S_IFCHR | 0666, makedev(1, 5)) != 0)
    GTEST_SKIP() << "cannot make devices";
  ExpectRefused("zero", "it is a device, pipe or socket");
}

TEST_P(PosixFs, LinksThatLeadOutAreNeitherReadNorRemovedThrough) {
  const TempFolder outside;
  std::filesystem::create_symlink(outside.path(), folder_.PathOf("absolute"));
  std::filesystem::create_symlink("../" + std::filesystem::path(outside.path()).filename().string(),
                                  folder_.PathOf("upward"));
  ASSERT_TRUE(WriteFileAtomic(*std::move(OpenPosixDir(outside.path())).value(), "f", AsBytes("x"), IfExists::kRefuse));
  for (const char* link : {"absolute", "upward"}) {
    EXPECT_FALSE(dir_->OpenDir(link));
    EXPECT_FALSE(dir_->OpenFile(std::string(link) + "/f"));
    EXPECT_FALSE(dir_->RemoveFile(std::string(link) + "/f"));
    EXPECT_FALSE(dir_->CreateFile(std::string(link) + "/new"));
    EXPECT_FALSE(dir_->Rename(std::string(link) + "/f", "stolen"));
    EXPECT_TRUE(RemoveTree(*dir_, link));
  }
  EXPECT_TRUE(std::filesystem::exists(outside.PathOf("f")));
  EXPECT_FALSE(std::filesystem::exists(outside.PathOf("new")));
}

TEST_P(PosixFs, TheKernelsMagicLinksAreNotFollowed) {
  const auto process = std::move(OpenPosixDir("/proc/self", GetParam())).value();
  EXPECT_EQ(process->OpenDir("cwd").error().code, ErrorCode::kRefused);
  EXPECT_EQ(process->OpenDir("root/etc").error().code, ErrorCode::kRefused);
  EXPECT_EQ(process->OpenFile("exe").error().code, ErrorCode::kRefused);
}

// Another process swaps a folder on the way for a link that leads out, again and again, while we read beneath it.
TEST_P(PosixFs, ASwapForALinkMidwayNeverLeadsOut) {
  const TempFolder outside;
  ASSERT_TRUE(
      WriteFileAtomic(*std::move(OpenPosixDir(outside.path())).value(), "f", AsBytes("OUT"), IfExists::kRefuse));
  ASSERT_TRUE(MakeDirs(*dir_, "a/b"));
  ASSERT_TRUE(WriteFileAtomic(*std::move(dir_->OpenDir("a/b")).value(), "f", AsBytes("in"), IfExists::kRefuse));
  std::filesystem::create_symlink(outside.path(), folder_.PathOf("a/decoy"));

  std::atomic<bool> stop = false;
  std::thread attacker([&, b = folder_.PathOf("a/b"), decoy = folder_.PathOf("a/decoy")] {
    while (!stop) ::renameat2(AT_FDCWD, b.c_str(), AT_FDCWD, decoy.c_str(), RENAME_EXCHANGE);
  });
  int read_inside = 0;
  int refused = 0;
  for (int i = 0; i < 200000 && (i < 2000 || read_inside < 50 || refused < 50); ++i) {
    const Result<Bytes> bytes = ReadWholeFile(*dir_, "a/b/f", 10);
    if (bytes) {
      EXPECT_EQ(AsText(*bytes), "in");
      ++read_inside;
    } else {
      EXPECT_EQ(bytes.error().code, ErrorCode::kRefused) << bytes.error().text;
      ++refused;
    }
  }
  stop = true;
  attacker.join();
  EXPECT_GT(read_inside, 0) << "the attack must have been seen from both sides";
  EXPECT_GT(refused, 0);
}

TEST_P(PosixFs, ModesAreAsPromised) {
  const mode_t old_mask = ::umask(022);
  ASSERT_TRUE(dir_->CreateFile("file"));
  ASSERT_TRUE(dir_->MakeDir("folder"));
  ASSERT_TRUE(dir_->TryLock("lock"));
  ::umask(old_mask);
  EXPECT_EQ(ModeOf("file"), 0644u);
  EXPECT_EQ(ModeOf("folder"), 0755u);
  EXPECT_EQ(ModeOf("lock"), 0644u);
  ASSERT_TRUE(dir_->MakeReadOnly("file"));
  ASSERT_TRUE(dir_->MakeReadOnly("folder"));
  EXPECT_EQ(ModeOf("file"), 0444u);
  EXPECT_EQ(ModeOf("folder"), 0555u);
  ASSERT_TRUE(dir_->MakeWritable("file"));
  ASSERT_TRUE(dir_->MakeWritable("folder"));
  EXPECT_EQ(ModeOf("file"), 0644u);
  EXPECT_EQ(ModeOf("folder"), 0755u);
}

TEST_P(PosixFs, ModesLetOnlyTheOwnerInWhereThatWasAsked) {
  const mode_t old_mask = ::umask(0);
  const auto mine = OpenPosixDir(folder_.path(), GetParam(), Access::kOwnerOnly).value();
  ASSERT_TRUE(mine->MakeDir("folder"));
  ASSERT_TRUE(WriteFileAtomic(*mine, "key", AsBytes("secret"), IfExists::kRefuse));
  ASSERT_TRUE(WriteFileAtomic(*mine->OpenDir("folder").value(), "key", AsBytes("secret"), IfExists::kRefuse));
  ASSERT_TRUE(CreatePosixDir(folder_.PathOf("a/b"), Access::kOwnerOnly));
  ::umask(old_mask);
  for (const char* file : {"key", "folder/key"}) EXPECT_EQ(ModeOf(file), 0600u) << file;
  for (const char* folder : {"folder", "a", "a/b"}) EXPECT_EQ(ModeOf(folder), 0700u) << folder;
  ASSERT_TRUE(mine->MakeReadOnly("key"));
  EXPECT_EQ(ModeOf("key"), 0400u);
  ASSERT_TRUE(mine->MakeWritable("key"));
  EXPECT_EQ(ModeOf("key"), 0600u);
}

size_t OpenDescriptors() {
  const std::filesystem::directory_iterator all("/proc/self/fd");
  return static_cast<size_t>(std::distance(begin(all), end(all)));
}

TEST_P(PosixFs, LeaksNoDescriptorWhateverTheOutcome) {
  ASSERT_TRUE(MakeDirs(*dir_, "a/b"));
  ASSERT_TRUE(dir_->MakeLink("b", "a/link"));
  const size_t before = OpenDescriptors();
  for (const char* path : {"a", "a/b", "a/b/f", "a/link", "a/link/f", "missing/f", "a/b/lock", "../x"}) {
    (void)dir_->OpenDir(path);
    (void)dir_->OpenFile(path);
    (void)dir_->CreateFile(path);
    (void)dir_->Stat(path);
    (void)dir_->Rename(path, "a/b/moved");
    (void)dir_->MakeReadOnly(path);
    (void)dir_->TryLock(path);
    (void)dir_->TryLockSelf();
    (void)dir_->List();
  }
  EXPECT_EQ(OpenDescriptors(), before);
}

TEST_P(PosixFs, DescriptorsAreNotInherited) {
  ASSERT_TRUE(dir_->MakeDir("sub"));
  const auto sub = dir_->OpenDir("sub");
  const auto written = dir_->CreateFile("f");
  const auto read = dir_->OpenFile("f");
  const auto lock = dir_->TryLock("lock");
  const auto self_lock = dir_->TryLockSelf();
  int ours = 0;
  for (int fd = 0; fd < 1024; ++fd) {
    std::error_code ignored;
    const auto target = std::filesystem::read_symlink("/proc/self/fd/" + std::to_string(fd), ignored);
    if (!target.string().starts_with(folder_.path())) continue;
    ++ours;
    EXPECT_NE(::fcntl(fd, F_GETFD) & FD_CLOEXEC, 0) << target;
  }
  EXPECT_EQ(ours, 6);
}

TEST_P(PosixFs, TheLockOfAKilledProcessIsFree) {
  int ready[2];
  ASSERT_EQ(::pipe2(ready, O_CLOEXEC), 0);
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    const auto held = dir_->TryLock("lock");
    const char state = held ? 'y' : 'n';
    if (::write(ready[1], &state, 1) == 1) ::pause();
    ::_exit(0);
  }
  char state = 0;
  ASSERT_EQ(::read(ready[0], &state, 1), 1);
  EXPECT_EQ(state, 'y');
  EXPECT_EQ(dir_->TryLock("lock").error().code, ErrorCode::kBusy);
  ::kill(child, SIGKILL);
  ASSERT_EQ(::waitpid(child, nullptr, 0), child);
  EXPECT_TRUE(dir_->TryLock("lock"));
  ::close(ready[0]);
  ::close(ready[1]);
}

TEST_P(PosixFs, ManyThreadsMayUseOneDir) {
  ASSERT_TRUE(MakeDirs(*dir_, "a/b"));
  std::vector<std::thread> threads;
  std::atomic<int> failures = 0;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      const auto folder = std::move(dir_->OpenDir("a/b")).value();
      for (int i = 0; i < 25; ++i) {
        const std::string name = std::to_string(t) + "-" + std::to_string(i);
        if (!WriteFileAtomic(*folder, name, AsBytes(name), IfExists::kRefuse)) ++failures;
        if (!dir_->Stat("a/b/" + name)) ++failures;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(failures, 0);
  const auto folder = std::move(dir_->OpenDir("a/b")).value();
  EXPECT_EQ(folder->List()->size(), 100u);
}

}  // namespace
}  // namespace lotmark::fs
