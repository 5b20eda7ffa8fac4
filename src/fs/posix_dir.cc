#include "fs/posix_dir.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <algorithm>
#include <array>

#include "base/encoding.h"
#include "fs/errno_error.h"
#include "fs/path.h"
#include "fs/posix_file.h"

namespace lotmark::fs {
namespace {

int RenameAt(const Place& from, const Place& to, unsigned flags) {
  return static_cast<int>(Retry(
      [&] { return ::syscall(SYS_renameat2, from.folder, from.name.c_str(), to.folder, to.name.c_str(), flags); }));
}

class PosixDir final : public Dir {
 public:
  PosixDir(UniqueFd fd, std::string display, PathWay way, Access access)
      : fd_(std::move(fd)), display_(std::move(display)), way_(way), access_(access) {}

  Result<std::unique_ptr<Dir>> OpenDir(std::string_view path) override {
    LOTMARK_RETURN_IF_ERROR(CheckPath(path));
    UniqueFd opened = OpenFolderBeneath(way_, fd_.get(), path, O_RDONLY);
    if (!opened.valid()) return ErrnoError("cannot open folder", Display(path), errno);
    return MakePosixDir(std::move(opened), Display(path), way_, access_);
  }

  Result<std::unique_ptr<ReadableFile>> OpenFile(std::string_view path) override {
    LOTMARK_ASSIGN_OR_RETURN(const Place place, Locate(path));
    return OpenReadable(place);
  }

  Result<std::unique_ptr<WritableFile>> CreateFile(std::string_view path) override {
    LOTMARK_ASSIGN_OR_RETURN(const Place place, Locate(path));
    return CreateWritable(place, Limited(0644));
  }

  Status MakeDir(std::string_view path) override {
    LOTMARK_ASSIGN_OR_RETURN(const Place place, Locate(path));
    return Outcome("cannot make folder", place, ::mkdirat(place.folder, place.name.c_str(), Limited(0755)));
  }

  Status MakeLink(std::string_view target_text, std::string_view path) override {
    LOTMARK_RETURN_IF_ERROR(CheckLinkText(target_text));
    LOTMARK_ASSIGN_OR_RETURN(const Place place, Locate(path));
    const std::string text(target_text);
    return Outcome("cannot make link", place, ::symlinkat(text.c_str(), place.folder, place.name.c_str()));
  }

  Result<std::string> ReadLink(std::string_view path) override {
    LOTMARK_ASSIGN_OR_RETURN(const Place place, Locate(path));
    std::array<char, kMaxPathBytes + 1> text;
    const ssize_t size = ::readlinkat(place.folder, place.name.c_str(), text.data(), text.size());
    if (size < 0 && errno == EINVAL) return WrongKind("a symbolic link", place.display, "something else");
    if (size < 0) return ErrnoError("cannot read link", place.display, errno);
    return std::string(text.data(), static_cast<size_t>(size));
  }

  Result<EntryInfo> Stat(std::string_view path) override {
    LOTMARK_ASSIGN_OR_RETURN(const Place place, Locate(path));
    struct stat info;
    if (::fstatat(place.folder, place.name.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0) {
      return ErrnoError("cannot look at", place.display, errno);
    }
    return EntryInfo{KindOf(info.st_mode), static_cast<uint64_t>(info.st_size), info.st_ino, info.st_dev};
  }

  Result<std::vector<Entry>> List() override;

  Status Rename(std::string_view from, std::string_view to) override {
    LOTMARK_RETURN_IF_ERROR(CheckRename(from, to));
    LOTMARK_ASSIGN_OR_RETURN(const EntryInfo moved, Stat(from));
    // The kernel would let a folder take the place of an empty one; here a folder replaces nothing.
    if (moved.kind != EntryKind::kFolder) return RenameWith(from, to, 0);
    Status renamed = RenameWith(from, to, RENAME_NOREPLACE);
    if (renamed || renamed.error().code != ErrorCode::kConflict) return renamed;
    return Refused("cannot rename: " + Printable(Display(to), kMaxPathBytes) + ": a folder replaces nothing");
  }

  Status RenameNoReplace(std::string_view from, std::string_view to) override {
    LOTMARK_RETURN_IF_ERROR(CheckRename(from, to));
    return RenameWith(from, to, RENAME_NOREPLACE);
  }

  Status RemoveFile(std::string_view path) override {
    LOTMARK_ASSIGN_OR_RETURN(const Place place, Locate(path));
    return Outcome("cannot remove", place, ::unlinkat(place.folder, place.name.c_str(), 0));
  }

  Status RemoveDir(std::string_view path) override {
    LOTMARK_ASSIGN_OR_RETURN(const Place place, Locate(path));
    return Outcome("cannot remove folder", place, ::unlinkat(place.folder, place.name.c_str(), AT_REMOVEDIR));
  }

  Status MakeReadOnly(std::string_view path) override { return SetMode(path, 0444, 0555); }
  Status MakeWritable(std::string_view path) override { return SetMode(path, 0644, 0755); }

  Status Sync() override {
    if (Retry([&] { return ::fsync(fd_.get()); }) != 0) return ErrnoError("cannot sync folder", display_, errno);
    return Ok();
  }

  Result<std::unique_ptr<FileLock>> TryLock(std::string_view path) override {
    LOTMARK_ASSIGN_OR_RETURN(const Place place, Locate(path));
    return TryLockFile(place);
  }

  Result<std::unique_ptr<FileLock>> TryLockSelf() override {
    // A flock belongs to the open description: a fresh one, so that two locks of one Dir exclude each other too.
    LOTMARK_ASSIGN_OR_RETURN(UniqueFd again, OpenSelf());
    return TryFlock(std::move(again), display_);
  }

  std::string DisplayPath() const override { return Printable(display_, kMaxPathBytes); }

 private:
  mode_t Limited(mode_t mode) const { return access_ == Access::kOwnerOnly ? mode & 0700 : mode; }

  std::string Display(std::string_view path) const { return display_ + "/" + std::string(path); }

  Result<Place> Locate(std::string_view path) const {
    LOTMARK_RETURN_IF_ERROR(CheckPath(path));
    const auto [parent, name] = SplitPath(path);
    Place place{fd_.get(), std::string(name), Display(path), {}};
    if (parent.empty()) return place;
    place.keeps_open = OpenFolderBeneath(way_, fd_.get(), parent, O_PATH);
    if (!place.keeps_open.valid()) return ErrnoError("cannot open folder", Display(parent), errno);
    place.folder = place.keeps_open.get();
    return place;
  }

  Result<UniqueFd> OpenSelf() const {
    UniqueFd again(Retry([&] { return ::openat(fd_.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC); }));
    if (!again.valid()) return ErrnoError("cannot open folder", display_, errno);
    return again;
  }

  static Status Outcome(std::string_view what, const Place& place, int returned) {
    if (returned != 0) return ErrnoError(what, place.display, errno);
    return Ok();
  }

  Status RenameWith(std::string_view from, std::string_view to, unsigned flags) {
    LOTMARK_ASSIGN_OR_RETURN(const Place old_place, Locate(from));
    LOTMARK_ASSIGN_OR_RETURN(const Place new_place, Locate(to));
    if (RenameAt(old_place, new_place, flags) == 0) return Ok();
    const int why = errno;
    // Which of the two an errno is about differs; a person needs to see both.
    return ErrnoError("cannot rename", old_place.display + " -> " + new_place.display, why);
  }

  Status SetMode(std::string_view path, mode_t file_mode, mode_t folder_mode) {
    LOTMARK_ASSIGN_OR_RETURN(const Place place, Locate(path));
    LOTMARK_ASSIGN_OR_RETURN(const UniqueFd fd, OpenExisting(place, Accept::kFileOrFolder));
    struct stat info;
    if (::fstat(fd.get(), &info) != 0) return ErrnoError("cannot look at", place.display, errno);
    return Outcome("cannot change the mode", place,
                   ::fchmod(fd.get(), Limited(S_ISDIR(info.st_mode) ? folder_mode : file_mode)));
  }

  const UniqueFd fd_;
  const std::string display_;
  const PathWay way_;
  const Access access_;
};

Result<std::vector<Entry>> PosixDir::List() {
  LOTMARK_ASSIGN_OR_RETURN(UniqueFd again, OpenSelf());
  const std::unique_ptr<DIR, int (*)(DIR*)> stream(::fdopendir(again.get()), &::closedir);
  if (!stream) return ErrnoError("cannot list", display_, errno);
  again.Release();  // the stream owns it now

  std::vector<Entry> entries;
  while (true) {
    errno = 0;
    const dirent* found = ::readdir(stream.get());
    if (found == nullptr) {
      if (errno != 0) return ErrnoError("cannot list", display_, errno);
      break;
    }
    Entry entry{found->d_name, KindOf(static_cast<mode_t>(DTTOIF(found->d_type)))};
    if (entry.name == "." || entry.name == "..") continue;
    if (found->d_type == DT_UNKNOWN) {
      Result<EntryInfo> info = Stat(entry.name);
      if (!info && info.error().code == ErrorCode::kNotFound) continue;  // removed since
      if (!info) return std::move(info).error();
      entry.kind = info->kind;
    }
    entries.push_back(std::move(entry));
  }
  std::sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) { return a.name < b.name; });
  return entries;
}

}  // namespace

std::unique_ptr<Dir> MakePosixDir(UniqueFd fd, std::string display, PathWay way, Access access) {
  return std::make_unique<PosixDir>(std::move(fd), std::move(display), way, access);
}

}  // namespace lotmark::fs
