// The records database in one SQLite file. doc/records.md says what is promised and which settings make it true.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "records/database.h"

namespace lotmark::records {

struct SqliteOptions {
  OpenMode mode = OpenMode::kCreateOrOpen;
  std::chrono::milliseconds busy_timeout{5000};
  std::string vfs = {};  // SQLite's name of the file layer; "" = the system's. Tests put a failing disk here.
};

// `path` is absolute. Errors as OpenDatabase.
Result<std::unique_ptr<Database>> OpenSqliteDatabase(const std::string& path, const SqliteOptions& options);

}  // namespace lotmark::records
