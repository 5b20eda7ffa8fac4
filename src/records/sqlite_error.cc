#include "records/sqlite_error.h"

#include <sqlite3.h>

#include <cerrno>
#include <system_error>

#include "base/encoding.h"

namespace lotmark::records::sqlite {
namespace {

constexpr int kPrimaryCodeMask = 0xFF;

ErrorCode Meaning(int code, int system_errno) {
  // On a full disk these are reported as I/O errors. A failed fsync is not among them: what it left is unknown.
  const bool growing_shared_memory = code == SQLITE_IOERR_SHMSIZE || code == SQLITE_IOERR_SHMOPEN;
  if (growing_shared_memory && (system_errno == ENOSPC || system_errno == EDQUOT)) return ErrorCode::kNoSpace;
  switch (code & kPrimaryCodeMask) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return ErrorCode::kBusy;
    case SQLITE_FULL:
      return ErrorCode::kNoSpace;
    case SQLITE_NOTADB:
    case SQLITE_CONSTRAINT:
      return ErrorCode::kRefused;
    default:
      return ErrorCode::kMachine;
  }
}

std::string_view HintFor(int code) {
  switch (code & kPrimaryCodeMask) {
    case SQLITE_BUSY:
      return "another process is writing to the records; try again";
    case SQLITE_CORRUPT:
      return "keep the file as it is and restore a backup beside it; sqlite3's .recover may save the rest";
    default:
      return "";
  }
}

}  // namespace

std::string NameOf(sqlite3* database) {
  const char* path = database == nullptr ? nullptr : sqlite3_db_filename(database, "main");
  return "records database '" + Printable(path == nullptr ? "" : path) + "'";
}

Error ErrorOf(sqlite3* database, int code, std::string_view operation) {
  const int system_errno = database == nullptr ? 0 : sqlite3_system_errno(database);
  std::string text = NameOf(database) + ": " + std::string(operation) + ": " +
                     Printable(database == nullptr ? sqlite3_errstr(code) : sqlite3_errmsg(database));
  // errno outlives the failure that set it, so it is told only where SQLite says that the system failed.
  const int primary = code & kPrimaryCodeMask;
  const bool system_failed = primary == SQLITE_IOERR || primary == SQLITE_CANTOPEN;
  if (system_failed && system_errno != 0) text += " (" + std::generic_category().message(system_errno) + ")";
  return {Meaning(code, system_errno), std::move(text), std::string(HintFor(code))};
}

}  // namespace lotmark::records::sqlite
