// The tables `lesion_classifications` and `classification_references` in SQLite: rows to parameters, columns to rows.
//
// Thread safety: none; see sqlite_connection.h. Transactions are the caller's.
#pragma once

#include <optional>
#include <vector>

#include "base/result.h"
#include "records/database.h"
#include "records/row.h"
#include "records/sqlite_connection.h"

namespace lotmark::records::sqlite {

class ClassificationTable {
 public:
  // `connection` must outlive the table; its schema must be the newest.
  static Result<ClassificationTable> Prepare(Connection& connection);

  // False when the id is taken: then nothing is written. REQUIRES: CheckRow.
  Result<bool> Insert(const ClassificationRow& row);

  // kMachine: a stored value is not what this program writes; the text names the row.
  Result<std::optional<ClassificationRow>> Find(const Uuid& id);
  // Newest first by (time, id).
  Result<std::vector<ClassificationRow>> List(int64_t limit);

  // kBusy: longer than `within`.
  Result<VersionUse> CountOf(const ModelName& model, const Version& version, const Digest& manifest_sha256,
                             std::chrono::milliseconds within);

 private:
  ClassificationTable(Connection& connection, Statement insert, Statement insert_references, Statement find,
                      Statement list);

  Connection* connection_;
  Statement insert_, insert_references_, find_, list_;
};

}  // namespace lotmark::records::sqlite
