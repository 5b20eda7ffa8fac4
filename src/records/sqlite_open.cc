#include "records/sqlite_open.h"

#include <thread>

#include "base/clock.h"
#include "base/encoding.h"
#include "records/migrations.h"
#include "records/sqlite_file.h"

namespace lotmark::records::sqlite {
namespace {

// temp_store: references to patients never reach a temporary file. secure_delete: an erasure overwrites them.
constexpr const char* kSettings =
    "PRAGMA synchronous = FULL;"
    "PRAGMA foreign_keys = ON;"
    "PRAGMA trusted_schema = OFF;"
    "PRAGMA cell_size_check = ON;"
    "PRAGMA secure_delete = ON;"
    "PRAGMA temp_store = MEMORY;";

// Switching to WAL takes a lock for which SQLite does not wait by itself.
Result<std::string> SwitchToWal(Connection& connection, std::chrono::milliseconds patience) {
  constexpr std::chrono::milliseconds kPause{5};
  const auto give_up = std::chrono::steady_clock::now() + patience;
  while (true) {
    auto mode = connection.QueryText("PRAGMA journal_mode = WAL");
    if (mode) return mode->value_or("");
    if (mode.error().code != ErrorCode::kBusy || std::chrono::steady_clock::now() >= give_up) {
      return std::move(mode).error();
    }
    std::this_thread::sleep_for(kPause);
  }
}

Status RequireDurability(Connection& connection, std::chrono::milliseconds patience) {
  constexpr int64_t kFull = 2;
  LOTMARK_ASSIGN_OR_RETURN(const std::string journal, SwitchToWal(connection, patience));
  LOTMARK_ASSIGN_OR_RETURN(const int64_t synchronous, connection.QueryInteger("PRAGMA synchronous"));
  if (journal == "wal" && synchronous == kFull) return Ok();
  return Refused(connection.Name() + ": the disk does not support SQLite's write-ahead log (journal mode is '" +
                     Printable(journal) + "')",
                 "put the records database on a local disk");
}

Status PrepareForWriting(Connection& connection, const std::string& path, std::chrono::milliseconds patience) {
  // The look comes before the switch to WAL, which writes: somebody else's file must stay as it is.
  LOTMARK_RETURN_IF_ERROR(SchemaVersion(connection, AllMigrations()));
  LOTMARK_RETURN_IF_ERROR(RequireDurability(connection, patience));
  LOTMARK_RETURN_IF_ERROR(Migrate(connection, AllMigrations(), SystemClock().Now()));
  return SyncFolderOf(path);
}

Status PrepareForReading(Connection& connection) {
  LOTMARK_ASSIGN_OR_RETURN(const size_t seen, SchemaVersion(connection, AllMigrations()));
  if (seen == AllMigrations().size()) return Ok();
  return Refused(connection.Name() + ": its schema " + std::to_string(seen) + " is older than the " +
                     std::to_string(AllMigrations().size()) + " that this program reads",
                 "start the service once: it brings the database up to date");
}

Status Prepare(Connection& connection, const std::string& path, const SqliteOptions& options) {
  LOTMARK_RETURN_IF_ERROR(connection.Execute(kSettings, "settings"));
  if (options.mode == OpenMode::kReadOnly) return PrepareForReading(connection);
  return PrepareForWriting(connection, path, options.busy_timeout);
}

// Even a reader of a database in WAL mode needs a -shm file beside it, which SQLite creates when there is none.
Error Explain(Error error, const std::string& path, OpenMode mode) {
  if (mode != OpenMode::kReadOnly || error.code != ErrorCode::kMachine || FolderIsWritable(path)) return error;
  error.code = ErrorCode::kRefused;
  error.hint = "its folder is read-only: copy the database and its -wal file elsewhere and read them there";
  return error;
}

}  // namespace

Result<std::unique_ptr<Connection>> OpenConnection(const std::string& path, const SqliteOptions& options) {
  LOTMARK_RETURN_IF_ERROR(PrepareFile(path, options.mode));
  const Access access = options.mode == OpenMode::kReadOnly ? Access::kReadOnly : Access::kReadWrite;
  LOTMARK_ASSIGN_OR_RETURN(
      Connection opened,
      Connection::Open(path, {.access = access, .busy_timeout = options.busy_timeout, .vfs = options.vfs}));
  auto connection = std::make_unique<Connection>(std::move(opened));
  if (Status prepared = Prepare(*connection, path, options); !prepared) {
    return Explain(std::move(prepared).error(), path, options.mode);
  }
  return connection;
}

}  // namespace lotmark::records::sqlite
