#include "fs/resolve.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <string>

#include "fs/path.h"

namespace lotmark::fs {
namespace {

// glibc 2.36 has no wrapper for openat2.
int Openat2(int folder, const char* path, int flags) {
  open_how how{};
  how.flags = static_cast<uint64_t>(flags);
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
  return static_cast<int>(Retry([&] { return ::syscall(SYS_openat2, folder, path, &how, sizeof how); }));
}

bool IsLink(int folder, const char* name) {
  struct stat info;
  return ::fstatat(folder, name, &info, AT_SYMLINK_NOFOLLOW) == 0 && S_ISLNK(info.st_mode);
}

UniqueFd OpenComponent(int folder, std::string_view component, int flags) {
  const std::string name(component);
  UniqueFd opened(Retry([&] { return ::openat(folder, name.c_str(), flags | O_NOFOLLOW); }));
  // The kernel says ENOTDIR for a link here where openat2 says ELOOP; the two ways must tell the same story.
  if (!opened.valid() && errno == ENOTDIR) errno = IsLink(folder, name.c_str()) ? ELOOP : ENOTDIR;
  return opened;
}

}  // namespace

PathWay ChoosePathWay(Resolution wanted, int folder) {
  if (wanted == Resolution::kByComponent) return PathWay::kComponents;
  const UniqueFd probe(Openat2(folder, ".", O_PATH | O_DIRECTORY | O_CLOEXEC));
  return probe.valid() ? PathWay::kOpenat2 : PathWay::kComponents;
}

UniqueFd OpenFolderBeneath(PathWay way, int folder, std::string_view path, int flags) {
  const int folder_flags = flags | O_DIRECTORY | O_CLOEXEC;
  if (way == PathWay::kOpenat2) return UniqueFd(Openat2(folder, std::string(path).c_str(), folder_flags));

  const auto [parents, last] = SplitPath(path);
  UniqueFd held;
  int at = folder;
  for (std::string_view component : Components(parents)) {
    held = OpenComponent(at, component, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (!held.valid()) return held;
    at = held.get();
  }
  return OpenComponent(at, last, folder_flags);
}

}  // namespace lotmark::fs
