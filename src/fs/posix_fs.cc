#include "fs/posix_fs.h"

#include <fcntl.h>
#include <sys/vfs.h>

#include <algorithm>
#include <array>

#include "base/encoding.h"
#include "fs/errno_error.h"
#include "fs/file_ops.h"
#include "fs/path.h"
#include "fs/posix_dir.h"

namespace lotmark::fs {
namespace {

// f_type of statfs(2), from linux/magic.h and from the file systems that are not in it. Cluster file systems that
// promise local locking semantics to every node (GFS2, OCFS2) are not listed.
constexpr std::array<uint32_t, 14> kNetworkTypes = {
    0x6969,      // NFS
    0x517B,      // SMB
    0xFF534D42,  // CIFS
    0xFE534D42,  // SMB2
    0x65735546,  // FUSE, virtiofs
    0x01021997,  // 9p
    0x5346414F,  // OpenAFS
    0x6B414653,  // AFS of the kernel
    0x73757245,  // Coda
    0x00C36400,  // Ceph
    0x0BD00BD0,  // Lustre
    0x47504653,  // GPFS
    0x786F4256,  // VirtualBox shared folder
    0xBACBACBC,  // VMware shared folder
};

std::string WithoutTrailingSlashes(std::string path) {
  while (path.size() > 1 && path.back() == '/') path.pop_back();
  return path;
}

// "a//b/./c" -> "a/b/c". What is not there yet has no links, so this changes no meaning; ".." stays and is refused.
std::string Tidy(std::string_view path) {
  std::string tidy;
  for (std::string_view component : Components(path)) {
    if (component.empty() || component == ".") continue;
    if (!tidy.empty()) tidy += '/';
    tidy += component;
  }
  return tidy;
}

}  // namespace

Result<std::unique_ptr<Dir>> OpenPosixDir(const std::string& path, Resolution resolution, Access access) {
  if (path.empty() || path.find('\0') != std::string::npos) {
    return Refused("path not allowed: '" + Printable(path) + "': it is empty or holds a NUL byte");
  }
  UniqueFd fd(Retry([&] { return ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC); }));
  if (!fd.valid()) return ErrnoError("cannot open folder", path, errno);
  const PathWay way = ChoosePathWay(resolution, fd.get());
  return MakePosixDir(std::move(fd), WithoutTrailingSlashes(path), way, access);
}

Result<std::unique_ptr<Dir>> CreatePosixDir(const std::string& path, Access access) {
  const std::string wanted = WithoutTrailingSlashes(path);
  size_t kept = wanted.size();  // how much of `wanted` is tried as an existing folder
  while (true) {
    Result<std::unique_ptr<Dir>> opened =
        OpenPosixDir(kept == 0 && !wanted.empty() ? "." : wanted.substr(0, kept), Resolution::kAutomatic, access);
    const bool try_shorter = !opened && opened.error().code == ErrorCode::kNotFound && kept > 0;
    if (!opened && !try_shorter) return opened;
    if (opened && kept == wanted.size()) return opened;
    if (opened) {
      const std::string missing = Tidy(std::string_view(wanted).substr(kept));
      LOTMARK_RETURN_IF_ERROR(MakeDirs(**opened, missing));
      return (*opened)->OpenDir(missing);
    }
    const size_t slash = wanted.rfind('/', kept - 1);
    kept = slash == std::string::npos ? 0 : std::max<size_t>(slash, 1);
  }
}

Result<bool> IsNetworkFileSystem(const std::string& path) {
  struct statfs info;
  if (Retry([&] { return ::statfs(path.c_str(), &info); }) != 0) {
    return ErrnoError("cannot ask for the type of the file system", path, errno);
  }
  return std::find(kNetworkTypes.begin(), kNetworkTypes.end(), static_cast<uint32_t>(info.f_type)) !=
         kNetworkTypes.end();
}

}  // namespace lotmark::fs
