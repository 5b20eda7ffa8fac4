#include "cli/files.h"

#include <filesystem>

#include "fs/file_ops.h"
#include "fs/posix_fs.h"

namespace lotmark::cli {

Result<NamedFile> OpenFolderOf(const std::string& path) {
  const std::filesystem::path whole(path);
  const std::string folder_path = whole.parent_path().string();
  LOTMARK_ASSIGN_OR_RETURN(auto folder, fs::OpenPosixDir(folder_path.empty() ? "." : folder_path));
  return NamedFile{std::move(folder), whole.filename().string()};
}

Result<Bytes> ReadFile(const NamedFile& file, uint64_t max_bytes) {
  return fs::ReadWholeFile(*file.folder, file.name, max_bytes);
}

}  // namespace lotmark::cli
