// A SQLite connection and a write transaction, owned.
//
// Errors of all functions: sqlite_error.h. Thread safety: none; one thread at a time for a connection and all its
// statements.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/result.h"
#include "records/sqlite_statement.h"

struct sqlite3;

namespace lotmark::records::sqlite {

enum class Access { kReadWrite, kReadOnly };

struct ConnectionOptions {
  Access access = Access::kReadWrite;
  std::chrono::milliseconds busy_timeout{5000};
  std::string vfs = {};  // SQLite's name of the file layer; "" = the system's. Tests put a failing disk here.
};

class Connection {
 public:
  // Opens a file that exists; nothing of it is read or written yet.
  static Result<Connection> Open(const std::string& path, const ConnectionOptions& options);

  // Runs one or more statements and drops their rows. `operation` is what an error calls it.
  Status Execute(const std::string& sql, std::string_view operation);
  // For statements that are kept and run often.
  Result<Statement> Prepare(std::string_view sql);
  // The first column of the last row; nullopt when there is none or it is null.
  Result<std::optional<std::string>> QueryText(std::string_view sql);
  Result<int64_t> QueryInteger(std::string_view sql);  // 0 when there is none

  // Rows changed by the latest INSERT, UPDATE or DELETE.
  int64_t Changes() const;
  bool InTransaction() const;
  // "records database '/path'", for the beginning of messages.
  std::string Name() const;
  // kMachine when the open file no longer lies under its name: what is written to it would be lost.
  Status CheckStillThere();

 private:
  friend class TimeLimit;
  struct Closer {
    void operator()(sqlite3* database) const;
  };
  explicit Connection(sqlite3* database) : database_(database) {}

  std::unique_ptr<sqlite3, Closer> database_;
};

// While it lives, what the connection runs is interrupted once this much time has passed.
class TimeLimit {
 public:
  TimeLimit(Connection& connection, std::chrono::milliseconds within);
  ~TimeLimit();
  TimeLimit(const TimeLimit&) = delete;
  TimeLimit& operator=(const TimeLimit&) = delete;

  bool Passed() const { return std::chrono::steady_clock::now() >= end_; }

 private:
  Connection& connection_;
  const std::chrono::steady_clock::time_point end_;
};

// One write transaction (BEGIN IMMEDIATE); undone at the end of its life unless committed.
class Transaction {
 public:
  // Waits for the write lock up to the busy timeout, then kBusy. `connection` must outlive the transaction.
  static Result<Transaction> Begin(Connection& connection);

  ~Transaction();
  Transaction(Transaction&& other) noexcept : connection_(std::exchange(other.connection_, nullptr)) {}
  Transaction& operator=(Transaction&&) = delete;

  // Durability: on OK everything since Begin survives power loss (given synchronous=FULL). kBusy, kNoSpace: nothing is
  // stored. kUnconfirmed: the commit record may or may not have reached the disk.
  Status Commit();

 private:
  explicit Transaction(Connection& connection) : connection_(&connection) {}
  Connection* connection_;
};

}  // namespace lotmark::records::sqlite
