#include "records/sqlite_connection.h"

#include <sqlite3.h>

#include "records/sqlite_error.h"

namespace lotmark::records::sqlite {

void Connection::Closer::operator()(sqlite3* database) const { sqlite3_close_v2(database); }

Result<Connection> Connection::Open(const std::string& path, const ConnectionOptions& options) {
  const int access = options.access == Access::kReadOnly ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE;
  const char* vfs = options.vfs.empty() ? nullptr : options.vfs.c_str();
  sqlite3* database = nullptr;
  const int code = sqlite3_open_v2(path.c_str(), &database, access | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, vfs);
  Connection connection(database);  // SQLite hands out a connection to be closed even when opening failed
  if (code != SQLITE_OK) return ErrorOf(database, code, "open");
  sqlite3_busy_timeout(database, static_cast<int>(options.busy_timeout.count()));
  return connection;
}

Status Connection::Execute(const std::string& sql, std::string_view operation) {
  const int code = sqlite3_exec(database_.get(), sql.c_str(), nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return ErrorOf(database_.get(), code, operation);
  return Ok();
}

Result<Statement> Connection::Prepare(std::string_view sql) {
  sqlite3_stmt* statement = nullptr;
  const int code = sqlite3_prepare_v3(database_.get(), sql.data(), static_cast<int>(sql.size()),
                                      SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
  if (code != SQLITE_OK) return ErrorOf(database_.get(), code, "prepare");
  return Statement(statement);
}

Result<std::optional<std::string>> Connection::QueryText(std::string_view sql) {
  LOTMARK_ASSIGN_OR_RETURN(Statement statement, Prepare(sql));
  std::optional<std::string> value;
  LOTMARK_RETURN_IF_ERROR(statement.Query([&](Columns& row) {
    value = row.OptionalText();
    return Ok();
  }));
  return value;
}

Result<int64_t> Connection::QueryInteger(std::string_view sql) {
  LOTMARK_ASSIGN_OR_RETURN(Statement statement, Prepare(sql));
  int64_t value = 0;
  LOTMARK_RETURN_IF_ERROR(statement.Query([&](Columns& row) {
    value = row.Integer();
    return Ok();
  }));
  return value;
}

int64_t Connection::Changes() const { return sqlite3_changes64(database_.get()); }

bool Connection::InTransaction() const { return sqlite3_get_autocommit(database_.get()) == 0; }

std::string Connection::Name() const { return NameOf(database_.get()); }

Status Connection::CheckStillThere() {
  int moved = 0;
  const int code = sqlite3_file_control(database_.get(), "main", SQLITE_FCNTL_HAS_MOVED, &moved);
  if (code == SQLITE_OK && moved == 0) return Ok();
  return MachineFailed(Name() + ": the file was moved or removed while it was open");
}

TimeLimit::TimeLimit(Connection& connection, std::chrono::milliseconds within)
    : connection_(connection), end_(std::chrono::steady_clock::now() + within) {
  constexpr int kInstructionsBetweenLooks = 10'000;
  sqlite3_progress_handler(
      connection_.database_.get(), kInstructionsBetweenLooks,
      [](void* limit) { return static_cast<TimeLimit*>(limit)->Passed() ? 1 : 0; }, this);
}

TimeLimit::~TimeLimit() { sqlite3_progress_handler(connection_.database_.get(), 0, nullptr, nullptr); }

Result<Transaction> Transaction::Begin(Connection& connection) {
  LOTMARK_RETURN_IF_ERROR(connection.Execute("BEGIN IMMEDIATE", "begin a transaction"));
  return Transaction(connection);
}

Transaction::~Transaction() {
  if (connection_ == nullptr || !connection_->InTransaction()) return;
  // A rollback that fails leaves the connection in a transaction, so its next Begin fails and it is reopened.
  static_cast<void>(connection_->Execute("ROLLBACK", "roll back"));
}

Status Transaction::Commit() {
  Status committed = connection_->Execute("COMMIT", "commit");
  if (committed || committed.error().code != ErrorCode::kMachine) return committed;
  Error error = std::move(committed).error();
  error.code = ErrorCode::kUnconfirmed;
  error.hint = "ask for the row by its id, or send it again with the same id";
  return error;
}

}  // namespace lotmark::records::sqlite
