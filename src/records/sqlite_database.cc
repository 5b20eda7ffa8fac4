#include "records/sqlite_database.h"

#include <algorithm>
#include <limits>

#include "records/migrations.h"
#include "records/row_check.h"
#include "records/sqlite_classifications.h"
#include "records/sqlite_connection.h"
#include "records/sqlite_events.h"
#include "records/sqlite_open.h"

namespace lotmark::records {
namespace {

using sqlite::ClassificationTable;
using sqlite::Connection;
using sqlite::EventTable;
using sqlite::Transaction;

int64_t AsLimit(size_t limit) {
  constexpr size_t kMost = std::numeric_limits<int64_t>::max();
  return static_cast<int64_t>(std::min(limit, kMost));
}

class SqliteDatabase final : public Database {
 public:
  SqliteDatabase(std::unique_ptr<Connection> connection, ClassificationTable classifications, EventTable events,
                 OpenMode mode)
      : connection_(std::move(connection)),
        classifications_(std::move(classifications)),
        events_(std::move(events)),
        mode_(mode) {}

  Result<std::vector<InsertOutcome>> Insert(std::span<const ClassificationRow> rows) override {
    for (const auto& row : rows) LOTMARK_RETURN_IF_ERROR(CheckRow(row));
    LOTMARK_ASSIGN_OR_RETURN(Transaction transaction, BeginWrite());
    std::vector<InsertOutcome> outcomes;
    outcomes.reserve(rows.size());
    for (const auto& row : rows) {
      LOTMARK_ASSIGN_OR_RETURN(InsertOutcome outcome, InsertOne(row));
      outcomes.push_back(std::move(outcome));
    }
    LOTMARK_RETURN_IF_ERROR(Commit(transaction));
    return outcomes;
  }

  Status Insert(const ServiceEvent& event) override {
    LOTMARK_RETURN_IF_ERROR(CheckEvent(event));
    LOTMARK_ASSIGN_OR_RETURN(Transaction transaction, BeginWrite());
    LOTMARK_RETURN_IF_ERROR(events_.Insert(event));
    return Commit(transaction);
  }

  Result<std::optional<ClassificationRow>> FindClassification(const Uuid& id) override {
    LOTMARK_RETURN_IF_ERROR(CheckUsable());
    return classifications_.Find(id);
  }

  Result<std::vector<ClassificationRow>> ListClassifications(size_t limit) override {
    LOTMARK_RETURN_IF_ERROR(CheckUsable());
    return classifications_.List(AsLimit(limit));
  }

  Result<VersionUse> CountOf(const ModelName& model, const Version& version, const Digest& manifest_sha256,
                             std::chrono::milliseconds within) override {
    LOTMARK_RETURN_IF_ERROR(CheckUsable());
    return classifications_.CountOf(model, version, manifest_sha256, within);
  }

  Result<std::vector<ServiceEvent>> ListServiceEvents(size_t limit) override {
    LOTMARK_RETURN_IF_ERROR(CheckUsable());
    return events_.List(AsLimit(limit));
  }

 private:
  Status CheckUsable() const {
    if (!unconfirmed_) return Ok();
    return MachineFailed("records database: an earlier commit was not confirmed", "reopen the database");
  }

  Result<Transaction> BeginWrite() {
    LOTMARK_RETURN_IF_ERROR(CheckUsable());
    if (mode_ == OpenMode::kReadOnly) return Refused("records database: it was opened for reading only");
    LOTMARK_RETURN_IF_ERROR(connection_->CheckStillThere());
    return Transaction::Begin(*connection_);
  }

  Status Commit(Transaction& transaction) {
    Status committed = transaction.Commit();
    if (!committed && committed.error().code == ErrorCode::kUnconfirmed) unconfirmed_ = true;
    return committed;
  }

  Result<InsertOutcome> InsertOne(const ClassificationRow& row) {
    LOTMARK_ASSIGN_OR_RETURN(const bool inserted, classifications_.Insert(row));
    if (inserted) return InsertOutcome(Inserted{});
    LOTMARK_ASSIGN_OR_RETURN(auto stored, classifications_.Find(row.id));
    if (!stored) return MachineFailed("records: id " + row.id.text() + " is taken, yet not there");
    if (stored->image_sha256 != row.image_sha256) return InsertOutcome(IdConflict{});
    return InsertOutcome(Replayed{std::move(*stored)});
  }

  // The tables' statements point into the connection: it is declared first, so it goes last.
  std::unique_ptr<Connection> connection_;
  ClassificationTable classifications_;
  EventTable events_;
  OpenMode mode_;
  bool unconfirmed_ = false;
};

}  // namespace

Result<std::unique_ptr<Database>> OpenSqliteDatabase(const std::string& path, const SqliteOptions& options) {
  LOTMARK_ASSIGN_OR_RETURN(auto connection, sqlite::OpenConnection(path, options));
  LOTMARK_ASSIGN_OR_RETURN(auto classifications, ClassificationTable::Prepare(*connection));
  LOTMARK_ASSIGN_OR_RETURN(auto events, EventTable::Prepare(*connection));
  return std::unique_ptr<Database>(std::make_unique<SqliteDatabase>(std::move(connection), std::move(classifications),
                                                                    std::move(events), options.mode));
}

}  // namespace lotmark::records
