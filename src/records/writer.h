// Groups the inserts of concurrent requests into one durable transaction each: one fsync serves many rows.
//
// A thread of its own takes whatever is queued, inserts it in one transaction and tells each caller its outcome. While
// it waits for the disk the next group gathers, so a lone request never waits for company.
//
// Thread safety: all public functions may be called from any thread.
#pragma once

#include <functional>
#include <memory>

#include "records/database.h"

namespace lotmark::records {

class Writer {
 public:
  // Called once per Submit, on the writer's thread; must not block.
  using Done = std::function<void(Result<InsertOutcome>)>;

  struct Options {
    size_t max_group = 256;   // rows in one transaction
    size_t max_queue = 4096;  // rows waiting; more are kBusy at once
  };

  static std::unique_ptr<Writer> Start(std::unique_ptr<Database> database, const Options& options);

  virtual ~Writer() = default;  // as Stop()

  virtual void Submit(ClassificationRow row, Done done) = 0;
  // Waits for the event to be durable.
  virtual Status Record(const ServiceEvent& event) = 0;
  // Commits everything queued, then ends the thread. Later submits are kBusy.
  virtual void Stop() = 0;

  struct Stats {
    uint64_t rows = 0, groups = 0, failed_groups = 0;
    size_t queued = 0;
  };
  virtual Stats stats() const = 0;
};

}  // namespace lotmark::records
