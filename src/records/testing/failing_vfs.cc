#include "records/testing/failing_vfs.h"

#include <sqlite3.h>

#include <new>

#include "base/uuid.h"

namespace lotmark::records {

// SQLite finds its way back to us through the address of `vfs`, so it comes first.
struct FailingVfs::Registration {
  sqlite3_vfs vfs;
  sqlite3_vfs* real;
  FailingVfs* owner;
  Support support;

  // Lies behind the real file's bytes in the block that SQLite allocates for each open file.
  struct Tail {
    const sqlite3_io_methods* original;
    sqlite3_io_methods patched;
    FailingVfs* owner;
  };

  static Tail* TailOf(sqlite3_file* file) {
    return reinterpret_cast<Tail*>(reinterpret_cast<char*>(file) + sqlite3_vfs_find(nullptr)->szOsFile);
  }

  static int Sync(sqlite3_file* file, int flags) {
    const Tail* tail = TailOf(file);
    return tail->owner->fail_syncs ? SQLITE_IOERR_FSYNC : tail->original->xSync(file, flags);
  }

  static int Write(sqlite3_file* file, const void* bytes, int count, sqlite3_int64 offset) {
    const Tail* tail = TailOf(file);
    return tail->owner->fail_writes ? SQLITE_FULL : tail->original->xWrite(file, bytes, count, offset);
  }

  static int Open(sqlite3_vfs* vfs, const char* path, sqlite3_file* file, int flags, int* flags_out) {
    const auto* self = reinterpret_cast<Registration*>(vfs);
    const int code = self->real->xOpen(self->real, path, file, flags, flags_out);
    if (code != SQLITE_OK || file->pMethods == nullptr) return code;
    Tail* tail = new (TailOf(file)) Tail{file->pMethods, *file->pMethods, self->owner};
    tail->patched.xSync = Sync;
    tail->patched.xWrite = Write;
    if (self->support == Support::kNoSharedMemory) tail->patched.iVersion = 1;
    file->pMethods = &tail->patched;
    return code;
  }
};

FailingVfs::FailingVfs(Support support) : name_("failing-" + Uuid::V4().text()) {
  sqlite3_initialize();
  sqlite3_vfs* real = sqlite3_vfs_find(nullptr);
  registration_ = std::make_unique<Registration>(Registration{*real, real, this, support});
  registration_->vfs.zName = name_.c_str();
  registration_->vfs.pNext = nullptr;
  registration_->vfs.szOsFile = real->szOsFile + static_cast<int>(sizeof(Registration::Tail));
  registration_->vfs.xOpen = Registration::Open;
  sqlite3_vfs_register(&registration_->vfs, /*makeDflt=*/0);
}

FailingVfs::~FailingVfs() { sqlite3_vfs_unregister(&registration_->vfs); }

}  // namespace lotmark::records
