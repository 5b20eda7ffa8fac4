#include "fs/posix_file.h"

#include <fcntl.h>
#include <sys/file.h>

#include "base/encoding.h"
#include "fs/errno_error.h"
#include "fs/path.h"

namespace lotmark::fs {
namespace {

Error NotRegular(const std::string& display, EntryKind kind) {
  return WrongKind("a regular file", display, KindName(kind));
}

bool Acceptable(EntryKind kind, Accept accept) {
  return kind == EntryKind::kFile || (kind == EntryKind::kFolder && accept == Accept::kFileOrFolder);
}

class PosixReadable final : public ReadableFile {
 public:
  PosixReadable(UniqueFd fd, std::string display) : fd_(std::move(fd)), display_(std::move(display)) {}

  Result<size_t> ReadAt(uint64_t offset, std::span<uint8_t> out) override {
    size_t done = 0;
    while (done < out.size()) {
      const ssize_t got = Retry(
          [&] { return ::pread(fd_.get(), out.data() + done, out.size() - done, static_cast<off_t>(offset + done)); });
      if (got < 0) return ErrnoError("cannot read", display_, errno);
      if (got == 0) break;
      done += static_cast<size_t>(got);
    }
    return done;
  }

  Result<uint64_t> Size() override {
    struct stat info;
    if (::fstat(fd_.get(), &info) != 0) return ErrnoError("cannot read the size", display_, errno);
    return static_cast<uint64_t>(info.st_size);
  }

  std::optional<int> descriptor() const override { return fd_.get(); }

 private:
  const UniqueFd fd_;
  const std::string display_;
};

class PosixWritable final : public WritableFile {
 public:
  PosixWritable(UniqueFd fd, std::string display) : fd_(std::move(fd)), display_(std::move(display)) {}

  Status Append(ByteView bytes) override {
    LOTMARK_RETURN_IF_ERROR(CheckUsable());
    while (!bytes.empty()) {
      const ssize_t put = Retry([&] { return ::write(fd_.get(), bytes.data(), bytes.size()); });
      if (put < 0) return Fail("cannot write", errno);
      bytes = bytes.subspan(static_cast<size_t>(put));
      size_ += put;
    }
    StartWriteback();
    return Ok();
  }

  Status Sync() override {
    LOTMARK_RETURN_IF_ERROR(CheckUsable());
    if (Retry([&] { return ::fsync(fd_.get()); }) != 0) return Fail("cannot sync", errno);
    return Ok();
  }

  Status Close() override {
    LOTMARK_RETURN_IF_ERROR(CheckUsable());
    // Linux has closed the descriptor even when it answers EINTR; a second close could hit somebody else's.
    if (::close(fd_.Release()) != 0 && errno != EINTR) return Fail("cannot close", errno);
    return Ok();
  }

 private:
  Status CheckUsable() const {
    if (failed_)
      return MachineFailed("file unusable: " + Printable(display_, kMaxPathBytes) + ": an earlier operation failed");
    if (!fd_.valid()) return MachineFailed("file unusable: " + Printable(display_, kMaxPathBytes) + ": it is closed");
    return Ok();
  }

  // Lets the disk begin on a large file while the rest is still being copied, so that Sync finds little left to do and
  // the kernel does not throttle us for too many dirty pages (512 MiB on ext4: usually several times faster). Only a
  // hint: it promises nothing, and a page that could not be written still shows as an error of Sync.
  void StartWriteback() {
    if (size_ - started_ < kWritebackBytes) return;
    ::sync_file_range(fd_.get(), started_, size_ - started_, SYNC_FILE_RANGE_WRITE);
    started_ = size_;
  }

  Error Fail(std::string_view what, int error_number) {
    failed_ = true;
    return ErrnoError(what, display_, error_number);
  }

  static constexpr off_t kWritebackBytes = 8 << 20;

  UniqueFd fd_;
  const std::string display_;
  off_t size_ = 0;     // appended so far
  off_t started_ = 0;  // of which the disk was told to begin
  bool failed_ = false;
};

class PosixLock final : public FileLock {
 public:
  explicit PosixLock(UniqueFd fd) : fd_(std::move(fd)) {}

 private:
  const UniqueFd fd_;
};

}  // namespace

EntryKind KindOf(mode_t mode) {
  if (S_ISREG(mode)) return EntryKind::kFile;
  if (S_ISDIR(mode)) return EntryKind::kFolder;
  if (S_ISLNK(mode)) return EntryKind::kLink;
  return EntryKind::kOther;
}

Result<UniqueFd> OpenExisting(const Place& place, Accept accept) {
  struct stat info;
  // Looked at before it is opened, because merely opening some devices has effects; and again after, because the name
  // may have changed hands in between.
  if (::fstatat(place.folder, place.name.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0) {
    return ErrnoError("cannot open", place.display, errno);
  }
  if (!Acceptable(KindOf(info.st_mode), accept)) return NotRegular(place.display, KindOf(info.st_mode));
  constexpr int kFlags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
  UniqueFd fd(Retry([&] { return ::openat(place.folder, place.name.c_str(), kFlags); }));
  if (!fd.valid() || ::fstat(fd.get(), &info) != 0) return ErrnoError("cannot open", place.display, errno);
  if (!Acceptable(KindOf(info.st_mode), accept)) return NotRegular(place.display, KindOf(info.st_mode));
  return fd;
}

Result<std::unique_ptr<ReadableFile>> OpenReadable(const Place& place) {
  LOTMARK_ASSIGN_OR_RETURN(UniqueFd fd, OpenExisting(place, Accept::kFileOnly));
  // Only advice, to read further ahead; a file system that ignores it reads all the same.
  ::posix_fadvise(fd.get(), 0, 0, POSIX_FADV_SEQUENTIAL);
  return std::unique_ptr<ReadableFile>(std::make_unique<PosixReadable>(std::move(fd), place.display));
}

Result<std::unique_ptr<WritableFile>> CreateWritable(const Place& place, mode_t mode) {
  constexpr int kFlags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
  UniqueFd fd(Retry([&] { return ::openat(place.folder, place.name.c_str(), kFlags, mode); }));
  if (!fd.valid()) return ErrnoError("cannot create file", place.display, errno);
  return std::unique_ptr<WritableFile>(std::make_unique<PosixWritable>(std::move(fd), place.display));
}

Result<std::unique_ptr<FileLock>> TryFlock(UniqueFd fd, const std::string& display) {
  if (Retry([&] { return ::flock(fd.get(), LOCK_EX | LOCK_NB); }) != 0) {
    if (errno != EWOULDBLOCK) return ErrnoError("cannot lock", display, errno);
    return Error{ErrorCode::kBusy, "locked: " + Printable(display, kMaxPathBytes) + ": another process holds it"};
  }
  return std::unique_ptr<FileLock>(std::make_unique<PosixLock>(std::move(fd)));
}

Result<std::unique_ptr<FileLock>> TryLockFile(const Place& place) {
  // Writable, because NFS carries out flock as a write lock of its own, which wants a descriptor open for writing.
  constexpr int kFlags = O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
  UniqueFd fd(Retry([&] { return ::openat(place.folder, place.name.c_str(), kFlags, 0644); }));
  struct stat info;
  if (!fd.valid() || ::fstat(fd.get(), &info) != 0) return ErrnoError("cannot open the lock", place.display, errno);
  if (!S_ISREG(info.st_mode)) return NotRegular(place.display, KindOf(info.st_mode));
  return TryFlock(std::move(fd), place.display);
}

}  // namespace lotmark::fs
