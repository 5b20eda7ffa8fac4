// What SQLite's result codes mean to Lotmark.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

struct sqlite3;

namespace lotmark::records::sqlite {

// "records database '/path'", for the beginning of messages.
std::string NameOf(sqlite3* database);

// The error of the latest failed call on `database` (nullptr: memory ran out before there was one). `code` is its
// extended result code, `operation` a word such as "commit". The text names the file, the operation and SQLite's words;
// never a stored value.
//   kBusy     a lock was held longer than the busy timeout
//   kNoSpace  the disk or the quota is full
//   kRefused  the file is not a database, or a value broke a rule of its table
//   kMachine  the rest
Error ErrorOf(sqlite3* database, int code, std::string_view operation);

}  // namespace lotmark::records::sqlite
