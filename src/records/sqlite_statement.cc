#include "records/sqlite_statement.h"

#include <sqlite3.h>

#include "records/sqlite_error.h"

namespace lotmark::records::sqlite {

std::string Columns::Text() { return OptionalText().value_or(""); }

std::optional<std::string> Columns::OptionalText() {
  const int column = next_++;
  const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement_, column));
  if (text == nullptr) return std::nullopt;
  return std::string(text, static_cast<size_t>(sqlite3_column_bytes(statement_, column)));
}

int64_t Columns::Integer() { return sqlite3_column_int64(statement_, next_++); }
double Columns::Real() { return sqlite3_column_double(statement_, next_++); }

void Statement::Finalizer::operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }

Statement& Statement::Bound(int code) {
  ++next_;
  if (code != SQLITE_OK && bind_error_ == SQLITE_OK) bind_error_ = code;
  return *this;
}

Statement& Statement::Bind(std::string_view text) {
  // An empty view may have no address, which SQLite would take for null.
  const char* data = text.data() == nullptr ? "" : text.data();
  return Bound(
      sqlite3_bind_text64(statement_.get(), next_, data, text.size(), SQLITE_TRANSIENT, SQLITE_UTF8));  // NOLINT
}

Statement& Statement::Bind(const std::optional<std::string>& text) {
  return text ? Bind(std::string_view(*text)) : Bound(sqlite3_bind_null(statement_.get(), next_));
}

Statement& Statement::Bind(int64_t number) { return Bound(sqlite3_bind_int64(statement_.get(), next_, number)); }
Statement& Statement::Bind(double number) { return Bound(sqlite3_bind_double(statement_.get(), next_, number)); }

Statement& Statement::BindBlob(ByteView bytes) {
  return Bound(sqlite3_bind_blob64(statement_.get(), next_, bytes.data(), bytes.size(), SQLITE_TRANSIENT));  // NOLINT
}

Status Statement::Run() {
  return Query([](Columns&) { return Ok(); });
}

Result<bool> Statement::Step() {
  sqlite3* database = sqlite3_db_handle(statement_.get());
  if (bind_error_ != SQLITE_OK) return ErrorOf(database, bind_error_, "bind");
  const int code = sqlite3_step(statement_.get());
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  return ErrorOf(database, code, "execute");
}

void Statement::Reset() {
  // Both repeat an error that Step has already reported.
  sqlite3_reset(statement_.get());
  sqlite3_clear_bindings(statement_.get());
  next_ = 1;
  bind_error_ = SQLITE_OK;
}

}  // namespace lotmark::records::sqlite
