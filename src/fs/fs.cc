#include "fs/fs.h"

namespace lotmark::fs {

std::string_view KindName(EntryKind kind) {
  switch (kind) {
    case EntryKind::kFile:
      return "a regular file";
    case EntryKind::kFolder:
      return "a folder";
    case EntryKind::kLink:
      return "a symbolic link";
    case EntryKind::kOther:
      break;
  }
  return "a device, pipe or socket";
}

}  // namespace lotmark::fs
