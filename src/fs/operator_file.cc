#include "fs/operator_file.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>

#include "base/encoding.h"
#include "fs/errno_error.h"
#include "fs/unique_fd.h"

namespace lotmark::fs {
namespace {

constexpr size_t kMaxBytes = 1u << 20;

mode_t ForbiddenBits(Privacy privacy) {
  if (privacy == Privacy::kPublic) return 0;
  return privacy == Privacy::kGroupMayRead ? 0027 : 0077;
}

}  // namespace

Result<std::string> ReadOperatorFile(const std::string& path, Privacy privacy) {
  const std::string name = Printable(path);
  // Not waiting: opening a pipe would.
  const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
  if (!file.valid()) return ErrnoError("cannot open", name, errno);
  struct stat info {};
  if (::fstat(file.get(), &info) != 0) return ErrnoError("cannot look at", name, errno);
  if (!S_ISREG(info.st_mode)) return Refused(name + ": not a regular file");
  if ((info.st_mode & ForbiddenBits(privacy)) != 0) {
    return Refused(fmt::format("{}: its mode is {:04o}, so others could read or change it", name, info.st_mode & 07777),
                   privacy == Privacy::kOwnerOnly ? "chmod 600 " + name
                                                  : "chmod 0600, or 0640 with a group that only the service is in");
  }
  std::string text(kMaxBytes + 1, '\0');
  size_t size = 0;
  for (ssize_t count = 1; count > 0 && size < text.size(); size += static_cast<size_t>(count)) {
    count = Retry([&] { return ::read(file.get(), text.data() + size, text.size() - size); });
    if (count < 0) return ErrnoError("cannot read", name, errno);
  }
  if (size > kMaxBytes) return Refused(name + ": longer than 1 MiB");
  text.resize(size);
  return text;
}

}  // namespace lotmark::fs
