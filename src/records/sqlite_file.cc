#include "records/sqlite_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "base/encoding.h"
#include "fs/posix_fs.h"

namespace lotmark::records::sqlite {
namespace {

constexpr off_t kSmallestDatabase = 512;  // one page of the smallest size

std::string FolderOf(const std::string& path) { return path.substr(0, path.rfind('/') + 1); }

std::string Named(const std::string& path) { return "records database '" + Printable(path) + "': "; }

Error SystemFailed(const std::string& path, const char* operation, int system_errno) {
  return MachineFailed(Named(path) + operation + ": " + std::generic_category().message(system_errno));
}

Status RefuseNetworkFileSystem(const std::string& path, const std::string& where) {
  LOTMARK_ASSIGN_OR_RETURN(const bool network, fs::IsNetworkFileSystem(where));
  if (!network) return Ok();
  return Refused(Named(path) + "it lies on a network file system, where SQLite's locks are not reliable",
                 "put it on a local disk");
}

Status CheckFolder(const std::string& path) {
  struct stat info {};
  const std::string folder = FolderOf(path);
  if (stat(folder.c_str(), &info) == 0) return RefuseNetworkFileSystem(path, folder);
  if (errno != ENOENT && errno != ENOTDIR) return SystemFailed(path, "look at its folder", errno);
  return NotFound(Named(path) + "its folder does not exist", "create the folder first");
}

// SQLite itself would create the file readable by everybody.
Status CreateEmpty(const std::string& path) {
  const int file = open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
  // EEXIST: another process was faster. Its file must not be opened here: closing it would drop SQLite's POSIX locks.
  if (file < 0) return errno == EEXIST ? Ok() : Status(SystemFailed(path, "create", errno));
  close(file);
  return Ok();
}

}  // namespace

Status PrepareFile(const std::string& path, OpenMode mode) {
  LOTMARK_RETURN_IF_ERROR(CheckFolder(path));
  struct stat info {};
  if (stat(path.c_str(), &info) != 0) {
    if (errno != ENOENT) return SystemFailed(path, "look at the file", errno);
    if (mode == OpenMode::kCreateOrOpen) return CreateEmpty(path);
    return NotFound(Named(path) + "it does not exist");
  }
  if (!S_ISREG(info.st_mode)) return Refused(Named(path) + "not a regular file");
  // SQLite takes a file that is shorter than any database for an empty one and would write over it.
  if (info.st_size > 0 && info.st_size < kSmallestDatabase) return Refused(Named(path) + "the file is not a database");
  return RefuseNetworkFileSystem(path, path);  // a link may lead to another file system than its folder's
}

Status SyncFolderOf(const std::string& path) {
  LOTMARK_ASSIGN_OR_RETURN(const auto folder, fs::OpenPosixDir(FolderOf(path)));
  return folder->Sync();
}

bool FolderIsWritable(const std::string& path) { return access(FolderOf(path).c_str(), W_OK) == 0; }

}  // namespace lotmark::records::sqlite
