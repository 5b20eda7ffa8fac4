#include "store/journal_verification.h"

#include "base/encoding.h"
#include "journal/history.h"

namespace lotmark::store {
namespace {

// A machine that fails to read is no finding about the journal.
Status Note(const Status& status, const std::string& prefix, JournalReport& report) {
  if (status) return Ok();
  if (status.error().code != ErrorCode::kRefused) return status;
  report.problems.push_back(prefix + status.error().text);
  return Ok();
}

Status CheckEvents(const Reader& reader) {
  LOTMARK_ASSIGN_OR_RETURN(const auto events, reader.History());
  const auto history = journal::FoldEvents(events);
  return history ? Ok() : Status(history.error());
}

}  // namespace

Result<JournalReport> VerifyJournal(const Reader& reader, const std::optional<KeptCheckpoint>& against) {
  LOTMARK_ASSIGN_OR_RETURN(const tlog::TileLog log, reader.journal().OpenLog());
  JournalReport report{log.head(), {}};
  LOTMARK_ASSIGN_OR_RETURN(report.problems, log.Verify());
  const auto entries = log.ReadAll();
  if (!entries) {  // Verify told why, unless it was damaged since
    if (report.ok()) LOTMARK_RETURN_IF_ERROR(Note(entries.error(), "", report));
    return report;
  }
  LOTMARK_RETURN_IF_ERROR(Note(CheckEvents(reader), "", report));
  if (!against) return report;
  const Status extends = journal::CheckExtends({against->note, {}}, reader.info().journal_key, *entries);
  LOTMARK_RETURN_IF_ERROR(Note(extends, Printable(against->name) + ": ", report));
  return report;
}

}  // namespace lotmark::store
