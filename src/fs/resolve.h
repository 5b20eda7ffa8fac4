// Finding a folder beneath an open folder without ever leaving it and without following a link.
//
// Two ways, the same answers: openat2 lets the kernel hold the rule for the whole path in one call; where it is missing
// (Linux before 5.6) or filtered (seccomp profiles that answer ENOSYS or EPERM), each component is opened by itself
// with O_NOFOLLOW. A component that is swapped for a link between two calls is then refused, not followed.
#pragma once

#include <string_view>

#include "fs/posix_fs.h"
#include "fs/unique_fd.h"

namespace lotmark::fs {

enum class PathWay { kOpenat2, kComponents };

// Asks the kernel once, with `folder` as the place to try. REQUIRES: `folder` is an open folder.
PathWay ChoosePathWay(Resolution wanted, int folder);

// Opens the folder `path` beneath `folder` with `flags` (O_PATH or O_RDONLY). An invalid descriptor with errno set on
// failure: ELOOP for a link, ENOTDIR for anything else that is no folder. REQUIRES: CheckPath(path).
UniqueFd OpenFolderBeneath(PathWay way, int folder, std::string_view path, int flags);

}  // namespace lotmark::fs
