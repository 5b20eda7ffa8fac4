#include "records/testing/power_loss_vfs.h"

#include <sqlite3.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace lotmark::records {
namespace {

constexpr size_t kSector = 512;

bool IsWal(const std::string& path) { return path.ends_with("-wal"); }
bool IsDatabase(const std::string& path) { return !IsWal(path) && !path.ends_with("-journal"); }

Bytes ReadWhole(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

void WriteWhole(const std::string& path, const Bytes& content) {
  std::ofstream out(path, std::ios::binary);
  out.write(reinterpret_cast<const char*>(content.data()), static_cast<std::streamsize>(content.size()));
}

}  // namespace

void PowerLossVfs::FailAfter(uint64_t changes, Counted counted) {
  const std::lock_guard lock(mutex_);
  changes_left_ = changes;
  counted_ = counted;
}

bool PowerLossVfs::CountChange(const std::string& path) {
  const bool counts = counted_ == Counted::kEveryChange || IsDatabase(path);
  if (!failed_ && counts && changes_left_-- == 0) failed_ = true;
  return failed_;
}

int PowerLossVfs::Open(const char* path, sqlite3_file* file, int flags, int* flags_out) {
  if (path == nullptr) return VfsShim::Open(path, file, flags, flags_out);
  const std::lock_guard lock(mutex_);
  if (failed_) return SQLITE_CANTOPEN;
  const bool existed = std::filesystem::exists(path);
  const int code = VfsShim::Open(path, file, flags, flags_out);
  if (code != SQLITE_OK || !std::filesystem::exists(path)) return code;
  Name& name = names_[path];
  if (existed && !name.current) {
    name.current = name.durable = std::make_shared<Node>(Node{ReadWhole(path), {}, false});
  } else if (!existed) {
    const bool journal = (flags & (SQLITE_OPEN_WAL | SQLITE_OPEN_MAIN_JOURNAL)) != 0;
    name.current = std::make_shared<Node>(Node{{}, {}, journal});
  }
  return code;
}

int PowerLossVfs::Delete(const char* path, bool sync_folder) {
  const std::lock_guard lock(mutex_);
  if (failed_) return SQLITE_IOERR_DELETE;
  const auto name = names_.find(path);
  if (name != names_.end()) {
    name->second.current = nullptr;
    if (CountChange(path)) return SQLITE_IOERR_DELETE;
  }
  if (sync_folder) SyncFolder();
  return VfsShim::Delete(path, false);
}

int PowerLossVfs::Write(sqlite3_file* file, const char* path, ByteView bytes, int64_t offset) {
  if (path == nullptr) return VfsShim::Write(file, path, bytes, offset);
  const std::lock_guard lock(mutex_);
  if (failed_) return SQLITE_IOERR_WRITE;
  // The write at which the power fails is under way too, and may leave some of its sectors.
  names_[path].current->unsynced.push_back({offset, Bytes(bytes.begin(), bytes.end())});
  if (CountChange(path)) return SQLITE_IOERR_WRITE;
  return VfsShim::Write(file, path, bytes, offset);
}

int PowerLossVfs::Truncate(sqlite3_file* file, const char* path, int64_t size) {
  if (path == nullptr) return VfsShim::Truncate(file, path, size);
  const std::lock_guard lock(mutex_);
  if (failed_) return SQLITE_IOERR_TRUNCATE;
  names_[path].current->unsynced.push_back({size, {}});
  if (CountChange(path)) return SQLITE_IOERR_TRUNCATE;
  return VfsShim::Truncate(file, path, size);
}

// The real sync is left out: nobody takes this machine's power, and the test is much quicker without.
int PowerLossVfs::Sync(sqlite3_file*, const char* path, int) {
  if (path == nullptr) return SQLITE_OK;
  const std::lock_guard lock(mutex_);
  if (failed_ || CountChange(path)) return SQLITE_IOERR_FSYNC;
  if (syncs_ == Syncs::kIgnored || (syncs_ == Syncs::kIgnoredForWal && IsWal(path))) return SQLITE_OK;
  Node& node = *names_[path].current;
  for (const Change& change : node.unsynced) Apply(change, node.durable);
  node.unsynced.clear();
  if (node.sync_folder_too) SyncFolder();
  node.sync_folder_too = false;
  return SQLITE_OK;
}

void PowerLossVfs::SyncFolder() {
  if (syncs_ == Syncs::kIgnored || syncs_ == Syncs::kIgnoredForNames) return;
  for (auto& [path, name] : names_) name.durable = name.current;
}

void PowerLossVfs::Apply(const Change& change, Bytes& content) {
  const auto offset = static_cast<size_t>(change.offset);
  if (change.bytes.empty()) return content.resize(offset);
  content.resize(std::max(content.size(), offset + change.bytes.size()));
  std::copy(change.bytes.begin(), change.bytes.end(), content.begin() + change.offset);
}

// Each sector of each write that was not synced is kept with this chance.
Bytes PowerLossVfs::DrawContent(const Node& node, double chance, std::mt19937& lots) {
  std::bernoulli_distribution keep(chance);
  Bytes content = node.durable;
  for (const Change& change : node.unsynced) {
    if (change.bytes.empty() && keep(lots)) Apply(change, content);
    for (size_t done = 0; done < change.bytes.size();) {
      const size_t offset = static_cast<size_t>(change.offset) + done;
      const size_t count = std::min(kSector - offset % kSector, change.bytes.size() - done);
      const auto from = change.bytes.begin() + static_cast<ptrdiff_t>(done);
      if (keep(lots)) Apply({static_cast<int64_t>(offset), Bytes(from, from + static_cast<ptrdiff_t>(count))}, content);
      done += count;
    }
  }
  return content;
}

void PowerLossVfs::WriteSurvivors(const std::string& folder, uint32_t seed) const {
  const std::lock_guard lock(mutex_);
  std::mt19937 lots(seed);
  constexpr double kChances[] = {0, 0.5, 0.9, 1};
  const double chance = kChances[lots() % std::size(kChances)];
  std::bernoulli_distribution keep(chance);
  for (const auto& [path, name] : names_) {
    const NodePtr& node = keep(lots) ? name.current : name.durable;
    const std::string target = folder + "/" + std::filesystem::path(path).filename().string();
    if (node) WriteWhole(target, DrawContent(*node, chance, lots));
    // Shared memory is never synced: what lies there after a failure is any old state of it.
    if (IsDatabase(path) && lots() % 2 == 0) WriteWhole(target + "-shm", ReadWhole(path + "-shm"));
  }
}

}  // namespace lotmark::records
