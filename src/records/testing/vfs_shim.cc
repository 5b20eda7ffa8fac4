#include "records/testing/vfs_shim.h"

#include <sqlite3.h>

#include <new>

#include "base/uuid.h"

namespace lotmark::records {

// SQLite finds its way back to us through the address of `vfs`, so it comes first.
struct VfsShim::Registration {
  sqlite3_vfs vfs;
  sqlite3_vfs* real;
  VfsShim* owner;
  Support support;

  // Lies behind the real file's bytes in the block that SQLite allocates for each open file.
  struct Tail {
    const sqlite3_io_methods* original;
    sqlite3_io_methods patched;
    VfsShim* owner;
    const char* path;  // SQLite keeps it until the file is closed
  };

  static Tail* TailOf(sqlite3_file* file) {
    return reinterpret_cast<Tail*>(reinterpret_cast<char*>(file) + sqlite3_vfs_find(nullptr)->szOsFile);
  }

  static int Write(sqlite3_file* file, const void* bytes, int count, sqlite3_int64 offset) {
    const Tail* tail = TailOf(file);
    return tail->owner->Write(file, tail->path, {static_cast<const uint8_t*>(bytes), static_cast<size_t>(count)},
                              offset);
  }

  static int Truncate(sqlite3_file* file, sqlite3_int64 size) {
    const Tail* tail = TailOf(file);
    return tail->owner->Truncate(file, tail->path, size);
  }

  static int Sync(sqlite3_file* file, int flags) {
    const Tail* tail = TailOf(file);
    return tail->owner->Sync(file, tail->path, flags);
  }

  static int Delete(sqlite3_vfs* vfs, const char* path, int sync_folder) {
    return reinterpret_cast<Registration*>(vfs)->owner->Delete(path, sync_folder != 0);
  }

  static int Open(sqlite3_vfs* vfs, const char* path, sqlite3_file* file, int flags, int* flags_out) {
    const auto* self = reinterpret_cast<Registration*>(vfs);
    file->pMethods = nullptr;
    const int code = self->owner->Open(path, file, flags, flags_out);
    if (code != SQLITE_OK || file->pMethods == nullptr) return code;
    Tail* tail = new (TailOf(file)) Tail{file->pMethods, *file->pMethods, self->owner, path};
    tail->patched.xWrite = Write;
    tail->patched.xTruncate = Truncate;
    tail->patched.xSync = Sync;
    if (self->support == Support::kNoSharedMemory) tail->patched.iVersion = 1;
    file->pMethods = &tail->patched;
    return code;
  }
};

VfsShim::VfsShim(const std::string& kind, Support support) : name_(kind + "-" + Uuid::V4().text()) {
  sqlite3_initialize();
  sqlite3_vfs* real = sqlite3_vfs_find(nullptr);
  registration_ = std::make_unique<Registration>(Registration{*real, real, this, support});
  registration_->vfs.zName = name_.c_str();
  registration_->vfs.pNext = nullptr;
  registration_->vfs.szOsFile = real->szOsFile + static_cast<int>(sizeof(Registration::Tail));
  registration_->vfs.xOpen = Registration::Open;
  registration_->vfs.xDelete = Registration::Delete;
  sqlite3_vfs_register(&registration_->vfs, /*makeDflt=*/0);
}

VfsShim::~VfsShim() { sqlite3_vfs_unregister(&registration_->vfs); }

int VfsShim::Open(const char* path, sqlite3_file* file, int flags, int* flags_out) {
  sqlite3_vfs* real = registration_->real;
  return real->xOpen(real, path, file, flags, flags_out);
}

int VfsShim::Delete(const char* path, bool sync_folder) {
  sqlite3_vfs* real = registration_->real;
  return real->xDelete(real, path, sync_folder ? 1 : 0);
}

int VfsShim::Write(sqlite3_file* file, const char*, ByteView bytes, int64_t offset) {
  return Registration::TailOf(file)->original->xWrite(file, bytes.data(), static_cast<int>(bytes.size()), offset);
}

int VfsShim::Truncate(sqlite3_file* file, const char*, int64_t size) {
  return Registration::TailOf(file)->original->xTruncate(file, size);
}

int VfsShim::Sync(sqlite3_file* file, const char*, int flags) {
  return Registration::TailOf(file)->original->xSync(file, flags);
}

}  // namespace lotmark::records
