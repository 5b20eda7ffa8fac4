// The schema of a records database in SQLite, as numbered steps; doc/schema/sqlite.sql shows the sum of them.
//
// *Invariant*: a migration that was ever released is never edited; a change is a new one at the end.
#pragma once

#include <span>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "records/sqlite_connection.h"

namespace lotmark::records::sqlite {

constexpr int64_t kApplicationId = 0x4C544D4B;  // "LTMK", in the header of every records database

struct Migration {
  std::string_view name;
  std::string_view sql;
};

// Migration number n is at [n - 1].
std::span<const Migration> AllMigrations();

// How many migrations the database has seen; 0 for an empty file. Nothing is written.
// kRefused: not a SQLite database, one of something else, or one that has seen more migrations than `known`.
Result<size_t> SchemaVersion(Connection& connection, std::span<const Migration> known);

// Applies those of `migrations` that are missing, all in one transaction. Errors as SchemaVersion. `now` is recorded as
// the time of those applied.
Status Migrate(Connection& connection, std::span<const Migration> migrations, UtcTime now);

}  // namespace lotmark::records::sqlite
