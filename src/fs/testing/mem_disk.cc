#include "fs/testing/mem_disk.h"

#include <algorithm>

namespace lotmark::fs {
namespace {

void Apply(MemEntries& entries, const EntryChange& change) {
  if (change.node) {
    entries[change.name] = change.node;
  } else {
    entries.erase(change.name);
  }
}

bool TouchSameName(const std::vector<EntryChange>& a, const std::vector<EntryChange>& b) {
  return std::any_of(a.begin(), a.end(), [&](const EntryChange& x) {
    return std::any_of(b.begin(), b.end(),
                       [&](const EntryChange& y) { return x.folder == y.folder && x.name == y.name; });
  });
}

size_t SurvivingBytes(const MemNode& file, CrashMode mode) {
  const size_t unsynced = file.content.size() - file.synced_size;
  if (mode == CrashMode::kLoseUnsynced) return file.synced_size;
  if (mode == CrashMode::kTornWrite) return file.synced_size + unsynced / 2;
  return file.content.size();
}

MemNodePtr Survivor(const MemNode& node, CrashMode mode) {
  auto copy = std::make_shared<MemNode>();
  copy->kind = node.kind;
  copy->inode = node.inode;
  copy->read_only = node.read_only;
  copy->link_text = node.link_text;
  copy->synced_size = SurvivingBytes(node, mode);
  copy->content.assign(node.content.begin(), node.content.begin() + static_cast<ptrdiff_t>(copy->synced_size));
  const MemEntries& entries = mode == CrashMode::kLoseUnsynced ? node.synced_entries : node.entries;
  for (const auto& [name, child] : entries) copy->entries[name] = Survivor(*child, mode);
  copy->synced_entries = copy->entries;
  return copy;
}

void Describe(const MemNode& node, const std::string& path, std::string& text) {
  text += path + " " + std::string(KindName(node.kind)) + (node.read_only ? ", read-only: " : ": ") + node.link_text;
  text.append(node.content.begin(), node.content.end());
  text += '\n';
  for (const auto& [name, child] : node.entries) Describe(*child, path + "/" + name, text);
}

}  // namespace

MemDisk::MemDisk() : root_(NewNode(EntryKind::kFolder)) {}

MemNodePtr MemDisk::NewNode(EntryKind kind) {
  auto node = std::make_shared<MemNode>();
  node->kind = kind;
  node->inode = ++last_inode_;
  return node;
}

void MemDisk::Change(std::vector<EntryChange> changes) {
  Pending change;
  for (const EntryChange& one : changes) {
    Apply(one.folder->entries, one);
    change.unsynced.insert(one.folder.get());
  }
  for (const Pending& earlier : pending_) {
    if (!TouchSameName(earlier.changes, changes)) continue;
    change.unsynced.insert(earlier.unsynced.begin(), earlier.unsynced.end());
  }
  change.changes = std::move(changes);
  pending_.push_back(std::move(change));
}

void MemDisk::SyncFolder(const MemNode& folder) {
  for (Pending& change : pending_) {
    change.unsynced.erase(&folder);
    if (!change.unsynced.empty()) continue;
    for (const EntryChange& one : change.changes) Apply(one.folder->synced_entries, one);
  }
  std::erase_if(pending_, [](const Pending& change) { return change.unsynced.empty(); });
}

MemDisk MemDisk::Survivors(CrashMode mode) const {
  MemDisk survivors;
  survivors.last_inode_ = last_inode_;
  survivors.root_ = Survivor(*root_, mode);
  return survivors;
}

std::string MemDisk::Contents() const {
  std::string text;
  Describe(*root_, "", text);
  return text;
}

}  // namespace lotmark::fs
