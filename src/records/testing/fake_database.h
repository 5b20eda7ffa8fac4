// A records database in memory that fails and waits on command, for tests of what stands on records/database.h.
//
// FakeStorage is the disk: it outlives the databases opened on it, as a file does. Thread safety: all functions.
#pragma once

#include <condition_variable>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

#include "records/database.h"

namespace lotmark::records {

class FakeStorage {
 public:
  // `this` must outlive the database.
  Result<std::unique_ptr<Database>> Open(OpenMode mode);

  // The next Open, or the next Insert of rows or of an event, fails with this. Several calls queue up.
  void FailNextOpen(Error error);
  void FailNextInsert(Error error);
  // Between these two every Insert waits before it looks at anything, as for a slow disk.
  void HoldCommits();
  void ReleaseCommits();
  // Returns once an Insert waits.
  void AwaitHeldCommit();

  size_t opened() const;
  std::vector<size_t> group_sizes() const;  // rows of each Insert that succeeded

 private:
  class FakeDatabase;

  // Waits while commits are held; then the error that was asked for, if any.
  Status PassGate(std::unique_lock<std::mutex>& lock);

  mutable std::mutex mutex_;  // guards all below
  std::condition_variable changed_;
  std::deque<Error> open_errors_, insert_errors_;
  bool held_ = false;
  size_t waiting_ = 0, opened_ = 0;
  std::map<Uuid, ClassificationRow> rows_;
  std::vector<ServiceEvent> events_;
  std::vector<size_t> group_sizes_;
};

}  // namespace lotmark::records
