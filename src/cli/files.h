// Files that the user names on the command line, by ordinary paths.
#pragma once

#include <memory>
#include <string>

#include "base/bytes.h"
#include "base/result.h"
#include "fs/fs.h"

namespace lotmark::cli {

struct NamedFile {
  std::unique_ptr<fs::Dir> folder;  // the one that the file lies in
  std::string name;                 // of the file in it
};

// Opens the folder part of `path`. The file itself need not exist.
Result<NamedFile> OpenFolderOf(const std::string& path);

// The whole file; kTooLarge when longer than `max_bytes`.
Result<Bytes> ReadFile(const NamedFile& file, uint64_t max_bytes);

}  // namespace lotmark::cli
