#include "records/testing/failing_vfs.h"

#include <sqlite3.h>

namespace lotmark::records {

int FailingVfs::Write(sqlite3_file* file, const char* path, ByteView bytes, int64_t offset) {
  return fail_writes ? SQLITE_FULL : VfsShim::Write(file, path, bytes, offset);
}

int FailingVfs::Sync(sqlite3_file* file, const char* path, int flags) {
  return fail_syncs ? SQLITE_IOERR_FSYNC : VfsShim::Sync(file, path, flags);
}

}  // namespace lotmark::records
