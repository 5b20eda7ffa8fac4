// Groups the inserts of concurrent requests into one durable transaction each: one fsync serves many rows.
//
// A thread of its own takes whatever is queued, inserts it in one transaction and tells each caller its outcome. While
// it waits for the disk the next group gathers, so a lone request never waits for company.
//
// When a group fails, each of its callers gets the error and nothing is retried: the caller may, with the same id.
// After a failure of the machine the database is closed and reopened before the next group.
//
// Thread safety: all public functions may be called from any thread; Stop and the destructor not from a Done.
#pragma once

#include <chrono>
#include <functional>
#include <memory>

#include "records/database.h"

namespace lotmark::records {

class Writer {
 public:
  // Called exactly once per Submit: on the writer's thread, or inside Submit when the row is refused at once. It must
  // not block or throw; it may Submit.
  using Done = std::function<void(Result<InsertOutcome>)>;
  // How to open the database: called with kCreateOrOpen by Start, later on the writer's thread with kOpenExisting, so
  // that a database that was lost is never replaced by an empty one.
  using Open = std::function<Result<std::unique_ptr<Database>>(OpenMode)>;

  struct Options {
    size_t max_group = 256;   // rows in one transaction
    size_t max_queue = 4096;  // rows waiting; more are kBusy at once
  };

  // Opens the database, then starts the thread. Errors are those of `open`.
  static Result<std::unique_ptr<Writer>> Start(Open open, const Options& options);

  virtual ~Writer() = default;  // as Stop()

  // kRefused at once: the row fails CheckRow. kBusy at once: the queue is full, or the writer has stopped. Else the
  // answer of Database::Insert. Durability: on an outcome the row survives power loss.
  virtual void Submit(ClassificationRow row, Done done) = 0;
  // Waits for the event to be durable. Not from a Done.
  virtual Status Record(const ServiceEvent& event) = 0;
  // Commits everything queued, then ends the thread. Later submits are kBusy.
  virtual void Stop() = 0;

  struct Stats {
    uint64_t rows = 0;                            // rows that got an outcome
    uint64_t groups = 0;                          // transactions with rows, that succeeded
    uint64_t failed_groups = 0;                   // and that did not
    size_t queued = 0;                            // rows waiting now
    size_t last_group = 0;                        // rows of the last transaction that succeeded
    std::chrono::microseconds oldest_waiting{0};  // age of the oldest row submitted and without an outcome; 0 = none
  };
  virtual Stats stats() const = 0;
};

}  // namespace lotmark::records
