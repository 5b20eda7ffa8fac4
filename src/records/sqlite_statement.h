// A prepared SQLite statement, owned: parameters are bound and columns read from left to right.
//
// Thread safety: none; see sqlite_connection.h. The connection must outlive its statements.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"

struct sqlite3_stmt;

namespace lotmark::records::sqlite {

// The columns of the current row, each read once, from left to right.
class Columns {
 public:
  explicit Columns(sqlite3_stmt* statement) : statement_(statement) {}

  std::string Text();  // "" when null
  std::optional<std::string> OptionalText();
  int64_t Integer();
  double Real();

 private:
  sqlite3_stmt* statement_;
  int next_ = 0;
};

class Statement {
 public:
  explicit Statement(sqlite3_stmt* statement) : statement_(statement) {}

  // Binds the next parameter; a copy is taken. A failed Bind is reported by the Run or Query that follows.
  Statement& Bind(std::string_view text);
  Statement& Bind(const char* text) { return Bind(std::string_view(text)); }
  Statement& Bind(const std::string& text) { return Bind(std::string_view(text)); }
  Statement& Bind(const std::optional<std::string>& text);
  Statement& Bind(int64_t number);
  Statement& Bind(double number);
  Statement& BindBlob(ByteView bytes);

  // Runs to the end; then the statement is ready for the next Bind, whatever happened.
  Status Run();

  // As Run, giving each row to `read(Columns&) -> Status`, whose error ends it.
  template <typename Read>
  Status Query(Read read) {
    Status status = ReadRows(read);
    Reset();
    return status;
  }

 private:
  struct Finalizer {
    void operator()(sqlite3_stmt* statement) const;
  };

  template <typename Read>
  Status ReadRows(Read& read) {
    while (true) {
      LOTMARK_ASSIGN_OR_RETURN(const bool has_row, Step());
      if (!has_row) return Ok();
      Columns columns(statement_.get());
      LOTMARK_RETURN_IF_ERROR(read(columns));
    }
  }

  Statement& Bound(int code);
  Result<bool> Step();
  // A statement that is not reset keeps its read lock.
  void Reset();

  std::unique_ptr<sqlite3_stmt, Finalizer> statement_;
  int next_ = 1;
  int bind_error_ = 0;
};

}  // namespace lotmark::records::sqlite
