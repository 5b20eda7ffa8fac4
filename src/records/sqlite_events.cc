#include "records/sqlite_events.h"

#include "base/encoding.h"

namespace lotmark::records::sqlite {
namespace {

constexpr std::string_view kInsert =
    "INSERT INTO service_events (replica, time, kind, manifest_sha256, model_name, model_version, reason)"
    " VALUES (?, ?, ?, ?, ?, ?, ?)";

constexpr std::string_view kList =
    "SELECT replica, time, kind, manifest_sha256, model_name, model_version, reason FROM service_events"
    " ORDER BY number DESC LIMIT ?";

Result<ServiceEvent> Decode(Columns& columns) {
  ServiceEvent event;
  event.replica = columns.Text();
  LOTMARK_ASSIGN_OR_RETURN(event.time, ParseUtc(columns.Text()));
  const std::string kind_name = columns.Text();
  const auto kind = ParseServiceEventKind(kind_name);
  if (!kind) return Refused("'" + Printable(kind_name, 60) + "' is not a known kind");
  event.kind = *kind;
  if (const auto digest = columns.OptionalText()) {
    LOTMARK_ASSIGN_OR_RETURN(event.manifest_sha256, Digest::Parse(*digest));
  }
  event.model_name = columns.Text();
  event.model_version = columns.Text();
  event.reason = columns.Text();
  return event;
}

}  // namespace

Result<EventTable> EventTable::Prepare(Connection& connection) {
  LOTMARK_ASSIGN_OR_RETURN(Statement insert, connection.Prepare(kInsert));
  LOTMARK_ASSIGN_OR_RETURN(Statement list, connection.Prepare(kList));
  return EventTable(std::move(insert), std::move(list));
}

Status EventTable::Insert(const ServiceEvent& event) {
  std::optional<std::string> digest;
  if (event.manifest_sha256) digest = event.manifest_sha256->hex();
  return insert_.Bind(event.replica)
      .Bind(FormatUtc(event.time))
      .Bind(ServiceEventKindName(event.kind))
      .Bind(digest)
      .Bind(event.model_name)
      .Bind(event.model_version)
      .Bind(event.reason)
      .Run();
}

Result<std::vector<ServiceEvent>> EventTable::List(int64_t limit) {
  std::vector<ServiceEvent> events;
  LOTMARK_RETURN_IF_ERROR(list_.Bind(limit).Query([&](Columns& columns) -> Status {
    auto event = Decode(columns);
    if (!event) return MachineFailed("records: a service event is damaged: " + event.error().text);
    events.push_back(std::move(*event));
    return Ok();
  }));
  return events;
}

}  // namespace lotmark::records::sqlite
