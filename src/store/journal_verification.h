// Verification of the journal: every entry and every hash is read again, and the events must make sense.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "store/reader.h"
#include "tlog/merkle.h"

namespace lotmark::store {

// A checkpoint that somebody kept outside the volume.
struct KeptCheckpoint {
  std::string name;  // for people
  std::string note;
};

struct JournalReport {
  tlog::TreeHead head;
  std::vector<std::string> problems;  // for people

  bool ok() const { return problems.empty(); }
};

// The result is an error only when the journal cannot be read at all (kRefused: its checkpoint is damaged or forged;
// kMachine); everything else that is wrong is in the report, also that the journal does not extend `against`.
Result<JournalReport> VerifyJournal(const Reader& reader, const std::optional<KeptCheckpoint>& against = {});

}  // namespace lotmark::store
