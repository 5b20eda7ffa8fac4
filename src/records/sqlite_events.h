// The table `service_events` in SQLite.
//
// Thread safety: none; see sqlite_connection.h. Transactions are the caller's.
#pragma once

#include <vector>

#include "base/result.h"
#include "records/row.h"
#include "records/sqlite_connection.h"

namespace lotmark::records::sqlite {

class EventTable {
 public:
  // `connection` must outlive the table; its schema must be the newest.
  static Result<EventTable> Prepare(Connection& connection);

  Status Insert(const ServiceEvent& event);
  // Newest first by order of insertion. kMachine: a stored value is not what this program writes.
  Result<std::vector<ServiceEvent>> List(int64_t limit);

 private:
  EventTable(Statement insert, Statement list) : insert_(std::move(insert)), list_(std::move(list)) {}

  Statement insert_, list_;
};

}  // namespace lotmark::records::sqlite
