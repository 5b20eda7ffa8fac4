#include "store/temporary.h"

namespace lotmark::store {

bool IsTemporary(std::string_view name) { return name.starts_with(".tmp-"); }

Status SweepTemporaries(fs::Dir& folder) {
  LOTMARK_ASSIGN_OR_RETURN(const std::vector<fs::Entry> entries, folder.List());
  for (const fs::Entry& entry : entries) {
    if (IsTemporary(entry.name)) LOTMARK_RETURN_IF_ERROR(folder.RemoveFile(entry.name));
  }
  return Ok();
}

}  // namespace lotmark::store
