#include "records/database.h"
#include "records/database_url.h"
#include "records/sqlite_database.h"

namespace lotmark::records {

Result<std::unique_ptr<Database>> OpenDatabase(std::string_view url, OpenMode mode) {
  LOTMARK_ASSIGN_OR_RETURN(const SqliteUrl sqlite, ParseDatabaseUrl(url));
  return OpenSqliteDatabase(sqlite.path, {.mode = mode});
}

}  // namespace lotmark::records
