// From a path to a SQLite connection that keeps the promises of doc/records.md: the right file, the newest schema, WAL
// and full sync really in force.
#pragma once

#include <memory>
#include <string>

#include "records/sqlite_connection.h"
#include "records/sqlite_database.h"

namespace lotmark::records::sqlite {

// Errors as OpenDatabase (records/database.h). A file that is refused is not written to.
Result<std::unique_ptr<Connection>> OpenConnection(const std::string& path, const SqliteOptions& options);

}  // namespace lotmark::records::sqlite
