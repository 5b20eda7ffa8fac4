// The records database as the rest of Lotmark sees it: SQLite today, PostgreSQL beside it later, one conformance suite
// for both (records/testing/database_conformance.h).
//
// Durability: when Insert returns an outcome, the row survives power loss.
// Thread safety: one thread at a time per Database object; open several for several threads.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"
#include "records/row.h"

namespace lotmark::records {

// What became of one row of a batch.
struct Inserted {};
// The id was there already with the same image: the stored row is the answer.
struct Replayed {
  ClassificationRow stored;
};
// The id was there already with another image.
struct IdConflict {};
using InsertOutcome = std::variant<Inserted, Replayed, IdConflict>;

struct VersionUse {
  uint64_t count = 0;
  std::optional<UtcTime> first = {};
};

class Database {
 public:
  virtual ~Database() = default;

  // All rows in one transaction; outcomes in the order of `rows`. On error none of them is stored, except after
  // kUnconfirmed: then some commit may or may not have happened; reopen and ask by id.
  //   kRefused      a row fails CheckRow, or the database was opened for reading
  //   kBusy         another process held the write lock too long
  //   kNoSpace      the disk is full
  //   kUnconfirmed  the disk failed during the commit; this object answers kMachine from now on
  //   kMachine      the rest; reopen before the next attempt
  virtual Result<std::vector<InsertOutcome>> Insert(std::span<const ClassificationRow> rows) = 0;
  virtual Status Insert(const ServiceEvent& event) = 0;

  virtual Result<std::optional<ClassificationRow>> FindClassification(const Uuid& id) = 0;
  // Newest first by (time, id).
  virtual Result<std::vector<ClassificationRow>> ListClassifications(size_t limit) = 0;
  // How many classifications a version made, and when the first. kBusy: counting took longer than `within`.
  virtual Result<VersionUse> CountOf(const ModelName& model, const Version& version, const Digest& manifest_sha256,
                                     std::chrono::milliseconds within) = 0;
  // Newest first by order of insertion.
  virtual Result<std::vector<ServiceEvent>> ListServiceEvents(size_t limit) = 0;
};

enum class OpenMode {
  kCreateOrOpen,
  kOpenExisting,  // what a running service uses to reopen: it never starts an empty database in place of a lost one
  kReadOnly,      // never creates, never migrates
};

// `url`: "sqlite:///abs/path.db". Applies missing migrations (but kReadOnly). kRefused: an unknown scheme, a relative
// path, a network file system, a schema newer than this program, a file that is not a Lotmark records database.
// kNotFound: the folder, or (but kCreateOrOpen) the file, does not exist.
Result<std::unique_ptr<Database>> OpenDatabase(std::string_view url, OpenMode mode);

}  // namespace lotmark::records
