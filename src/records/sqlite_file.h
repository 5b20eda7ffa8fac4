// The database file as a file: what must be right before SQLite is given its path, and after it made the file.
#pragma once

#include <string>

#include "base/result.h"
#include "records/database.h"

namespace lotmark::records::sqlite {

// Checks that `path` may be opened in `mode` and, for kCreateOrOpen, creates it empty with mode 0600.
// kNotFound: the folder or (but kCreateOrOpen) the file is missing. kRefused: a network file system, or something else
// than a regular file. kMachine: it cannot be created.
Status PrepareFile(const std::string& path, OpenMode mode);

// Durability: on OK the file's name survives power loss.
Status SyncFolderOf(const std::string& path);

// For the message when SQLite could not open the file for reading: a folder in which it may not put its -shm file.
bool FolderIsWritable(const std::string& path);

}  // namespace lotmark::records::sqlite
