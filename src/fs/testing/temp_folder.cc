#include "fs/testing/temp_folder.h"

#include <cstdio>
#include <cstdlib>

#include "fs/file_ops.h"
#include "fs/posix_fs.h"

namespace lotmark::fs {
namespace {

std::string TempRoot() {
  const char* given = std::getenv("TMPDIR");
  return given != nullptr && *given != '\0' ? given : "/tmp";
}

}  // namespace

TempFolder::TempFolder() : path_(TempRoot() + "/lotmark-test-XXXXXX") {
  if (::mkdtemp(path_.data()) != nullptr) return;
  std::perror(("cannot make " + path_).c_str());
  std::abort();
}

TempFolder::~TempFolder() {
  const size_t slash = path_.rfind('/');
  Result<std::unique_ptr<Dir>> parent = OpenPosixDir(path_.substr(0, slash));
  Status removed = parent ? RemoveTree(**parent, path_.substr(slash + 1)) : Status(std::move(parent).error());
  if (!removed) std::fprintf(stderr, "test folder stays behind: %s\n", removed.error().text.c_str());
}

}  // namespace lotmark::fs
