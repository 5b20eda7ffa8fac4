// fs::Dir over an open folder descriptor.
#pragma once

#include <memory>
#include <string>

#include "fs/fs.h"
#include "fs/posix_fs.h"
#include "fs/resolve.h"

namespace lotmark::fs {

// `fd` is a folder open for reading; `display` is what messages call it.
std::unique_ptr<Dir> MakePosixDir(UniqueFd fd, std::string display, PathWay way, Access access);

}  // namespace lotmark::fs
