#include "records/migrations.h"

#include <string>

namespace lotmark::records::sqlite {
namespace {

constexpr std::string_view kFirstTables = R"sql(
CREATE TABLE schema_migrations (
  version INTEGER PRIMARY KEY,
  name TEXT NOT NULL,
  applied_at TEXT NOT NULL
) STRICT;

CREATE TABLE lesion_classifications (
  id TEXT NOT NULL PRIMARY KEY CHECK (length(id) = 36),
  time TEXT NOT NULL CHECK (time GLOB '????-??-??T??:??:??.??????Z'),
  model_name TEXT NOT NULL CHECK (length(model_name) BETWEEN 1 AND 64),
  model_version TEXT NOT NULL CHECK (length(model_version) BETWEEN 1 AND 64),
  manifest_sha256 TEXT NOT NULL CHECK (length(manifest_sha256) = 64 AND manifest_sha256 NOT GLOB '*[^0-9a-f]*'),
  artifact_sha256 TEXT NOT NULL CHECK (length(artifact_sha256) = 64 AND artifact_sha256 NOT GLOB '*[^0-9a-f]*'),
  format TEXT NOT NULL CHECK (format <> ''),
  runtime_name TEXT NOT NULL CHECK (runtime_name <> ''),
  runtime_version TEXT NOT NULL,
  runtime_provider TEXT NOT NULL,
  runtime_options TEXT NOT NULL CHECK (runtime_options LIKE '{%}'),
  cpu_features TEXT NOT NULL,
  preprocessing_sha256 TEXT NOT NULL
    CHECK (length(preprocessing_sha256) = 64 AND preprocessing_sha256 NOT GLOB '*[^0-9a-f]*'),
  image_sha256 TEXT NOT NULL CHECK (length(image_sha256) = 64 AND image_sha256 NOT GLOB '*[^0-9a-f]*'),
  tensor_sha256 TEXT NOT NULL CHECK (length(tensor_sha256) = 64 AND tensor_sha256 NOT GLOB '*[^0-9a-f]*'),
  output_sha256 TEXT NOT NULL CHECK (length(output_sha256) = 64 AND output_sha256 NOT GLOB '*[^0-9a-f]*'),
  classes TEXT NOT NULL CHECK (classes LIKE '[%]'),
  probabilities TEXT NOT NULL CHECK (probabilities LIKE '[%]'),
  top_class TEXT NOT NULL,
  confidence REAL NOT NULL,
  warnings TEXT NOT NULL CHECK (warnings LIKE '[%]'),
  sharpness REAL NOT NULL,
  brightness REAL NOT NULL,
  image_width INTEGER NOT NULL CHECK (image_width >= 1),
  image_height INTEGER NOT NULL CHECK (image_height >= 1),
  source TEXT NOT NULL CHECK (source IN ('server', 'edge', 'cli', 'on_device', 'shadow', 'test')),
  replica TEXT NOT NULL,
  latency_micros INTEGER NOT NULL CHECK (latency_micros >= 0),
  anatomical_site TEXT
) STRICT;

CREATE INDEX lesion_classifications_by_time ON lesion_classifications (time, id);

CREATE INDEX lesion_classifications_by_model ON lesion_classifications (model_name, model_version, time);

CREATE TABLE classification_references (
  id TEXT NOT NULL PRIMARY KEY REFERENCES lesion_classifications (id),
  salt BLOB NOT NULL CHECK (length(salt) = 32),
  lesion_image_id TEXT,
  patient_id TEXT,
  encounter_id TEXT
) STRICT;

CREATE TABLE service_events (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  replica TEXT NOT NULL,
  time TEXT NOT NULL CHECK (time GLOB '????-??-??T??:??:??.??????Z'),
  kind TEXT NOT NULL CHECK (kind <> ''),
  manifest_sha256 TEXT CHECK (length(manifest_sha256) = 64 AND manifest_sha256 NOT GLOB '*[^0-9a-f]*'),
  model_name TEXT NOT NULL,
  model_version TEXT NOT NULL,
  reason TEXT NOT NULL
) STRICT;
)sql";

constexpr Migration kMigrations[] = {
    {"first tables", kFirstTables},
};

Status ApplyMissing(Connection& connection, std::span<const Migration> migrations, size_t seen, UtcTime now) {
  for (size_t number = seen + 1; number <= migrations.size(); ++number) {
    const Migration& migration = migrations[number - 1];
    const std::string operation = "migration " + std::to_string(number) + " (" + std::string(migration.name) + ")";
    LOTMARK_RETURN_IF_ERROR(connection.Execute(std::string(migration.sql), operation));
    LOTMARK_ASSIGN_OR_RETURN(Statement note, connection.Prepare("INSERT INTO schema_migrations VALUES (?, ?, ?)"));
    LOTMARK_RETURN_IF_ERROR(note.Bind(static_cast<int64_t>(number)).Bind(migration.name).Bind(FormatUtc(now)).Run());
  }
  return connection.Execute("PRAGMA application_id = " + std::to_string(kApplicationId), "mark the file");
}

struct FileKind {
  int64_t application_id = 0;
  int64_t objects = 0;  // tables, indices and the like
};

// One statement, so one snapshot: between two looks another process may create the tables, and the file would seem to
// be somebody else's.
Result<FileKind> ReadFileKind(Connection& connection) {
  LOTMARK_ASSIGN_OR_RETURN(Statement look, connection.Prepare("SELECT (SELECT count(*) FROM sqlite_schema), "
                                                              "(SELECT application_id FROM pragma_application_id)"));
  FileKind kind;
  LOTMARK_RETURN_IF_ERROR(look.Query([&](Columns& row) {
    kind.objects = row.Integer();
    kind.application_id = row.Integer();
    return Ok();
  }));
  return kind;
}

}  // namespace

std::span<const Migration> AllMigrations() { return kMigrations; }

Result<size_t> SchemaVersion(Connection& connection, std::span<const Migration> known) {
  LOTMARK_ASSIGN_OR_RETURN(const FileKind kind, ReadFileKind(connection));
  if (kind.application_id == 0 && kind.objects == 0) return size_t{0};
  if (kind.application_id != kApplicationId)
    return Refused(connection.Name() + ": it is a SQLite database of something else");
  LOTMARK_ASSIGN_OR_RETURN(const int64_t seen, connection.QueryInteger("SELECT max(version) FROM schema_migrations"));
  if (seen >= 0 && static_cast<size_t>(seen) <= known.size()) return static_cast<size_t>(seen);
  return Refused(connection.Name() + ": its schema " + std::to_string(seen) +
                     " is newer than this program, which knows " + std::to_string(known.size()),
                 "use the newer program");
}

Status Migrate(Connection& connection, std::span<const Migration> migrations, UtcTime now) {
  LOTMARK_ASSIGN_OR_RETURN(size_t seen, SchemaVersion(connection, migrations));
  if (seen == migrations.size()) return Ok();
  LOTMARK_ASSIGN_OR_RETURN(Transaction transaction, Transaction::Begin(connection));
  // Another process may have migrated between the look and the lock.
  LOTMARK_ASSIGN_OR_RETURN(seen, SchemaVersion(connection, migrations));
  LOTMARK_RETURN_IF_ERROR(ApplyMissing(connection, migrations, seen, now));
  return transaction.Commit();
}

}  // namespace lotmark::records::sqlite
