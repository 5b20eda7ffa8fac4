#include "fs/temporary.h"

namespace lotmark::fs {

bool IsTemporary(std::string_view name) { return name.starts_with(".tmp-"); }

Status SweepTemporaries(Dir& folder) {
  LOTMARK_ASSIGN_OR_RETURN(const std::vector<Entry> entries, folder.List());
  for (const Entry& entry : entries) {
    if (IsTemporary(entry.name)) LOTMARK_RETURN_IF_ERROR(folder.RemoveFile(entry.name));
  }
  return Ok();
}

}  // namespace lotmark::fs
