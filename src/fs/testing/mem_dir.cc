#include "fs/testing/mem_dir.h"

#include "base/encoding.h"
#include "fs/errno_error.h"
#include "fs/path.h"
#include "fs/testing/mem_file.h"

namespace lotmark::fs {
namespace {

// Where a path leads: the folder that holds the last component, and what lies there now (nullptr: nothing).
struct MemPlace {
  MemNodePtr folder;
  std::string name;
  MemNodePtr node;
  std::string display;
};

Result<MemNodePtr> FolderNamed(const MemEntries& entries, std::string_view name, const std::string& display) {
  const auto found = entries.find(name);
  if (found == entries.end()) return ErrnoError("cannot open folder", display, ENOENT);
  if (found->second->kind == EntryKind::kLink) return ErrnoError("cannot open folder", display, ELOOP);
  if (found->second->kind != EntryKind::kFolder) return ErrnoError("cannot open folder", display, ENOTDIR);
  return found->second;
}

// What the kernel asks of a folder before a name in it may change.
Status CheckMayChange(const MemPlace& place, std::string_view what) {
  if (place.folder->removed) return ErrnoError(what, place.display, ENOENT);
  if (place.folder->read_only) return ErrnoError(what, place.display, EACCES);
  return Ok();
}

Status CheckMayMake(const MemPlace& place, std::string_view what) {
  if (place.node) return ErrnoError(what, place.display, EEXIST);
  return CheckMayChange(place, what);
}

class MemDir final : public Dir {
 public:
  MemDir(std::shared_ptr<MemMachine> machine, MemNodePtr folder, std::string display)
      : machine_(std::move(machine)), folder_(std::move(folder)), display_(std::move(display)) {}

  Result<std::unique_ptr<Dir>> OpenDir(std::string_view path) override {
    return At(Operation::kOpenDir, path, [&](const MemPlace& place) -> Result<std::unique_ptr<Dir>> {
      LOTMARK_ASSIGN_OR_RETURN(MemNodePtr folder, FolderNamed(place.folder->entries, place.name, place.display));
      return MakeMemDir(machine_, std::move(folder), place.display);
    });
  }

  Result<std::unique_ptr<ReadableFile>> OpenFile(std::string_view path) override {
    return At(Operation::kOpenFile, path, [&](const MemPlace& place) -> Result<std::unique_ptr<ReadableFile>> {
      if (!place.node) return ErrnoError("cannot open", place.display, ENOENT);
      if (place.node->kind != EntryKind::kFile) {
        return WrongKind("a regular file", place.display, KindName(place.node->kind));
      }
      return MakeMemReadable(machine_, place.node, place.display);
    });
  }

  Result<std::unique_ptr<WritableFile>> CreateFile(std::string_view path) override {
    return At(Operation::kCreateFile, path, [&](const MemPlace& place) -> Result<std::unique_ptr<WritableFile>> {
      LOTMARK_RETURN_IF_ERROR(CheckMayMake(place, "cannot create file"));
      return MakeMemWritable(machine_, Make(place, EntryKind::kFile), place.display);
    });
  }

  Status MakeDir(std::string_view path) override {
    return At(Operation::kMakeDir, path, [&](const MemPlace& place) -> Status {
      LOTMARK_RETURN_IF_ERROR(CheckMayMake(place, "cannot make folder"));
      Make(place, EntryKind::kFolder);
      return Ok();
    });
  }

  Status MakeLink(std::string_view target_text, std::string_view path) override {
    LOTMARK_RETURN_IF_ERROR(CheckLinkText(target_text));
    return At(Operation::kMakeLink, path, [&](const MemPlace& place) -> Status {
      LOTMARK_RETURN_IF_ERROR(CheckMayMake(place, "cannot make link"));
      Make(place, EntryKind::kLink)->link_text = target_text;
      return Ok();
    });
  }

  Result<std::string> ReadLink(std::string_view path) override {
    return At(Operation::kReadLink, path, [&](const MemPlace& place) -> Result<std::string> {
      if (!place.node) return ErrnoError("cannot read link", place.display, ENOENT);
      if (place.node->kind != EntryKind::kLink) return WrongKind("a symbolic link", place.display, "something else");
      return place.node->link_text;
    });
  }

  Result<EntryInfo> Stat(std::string_view path) override {
    return At(Operation::kStat, path, [&](const MemPlace& place) -> Result<EntryInfo> {
      if (!place.node) return ErrnoError("cannot look at", place.display, ENOENT);
      const MemNode& node = *place.node;
      const size_t size = node.kind == EntryKind::kLink ? node.link_text.size() : node.content.size();
      return EntryInfo{node.kind, size, node.inode, 1};
    });
  }

  Result<std::vector<Entry>> List() override {
    return machine_->Operate(Operation::kList, display_, [&]() -> Result<std::vector<Entry>> {
      std::vector<Entry> entries;
      for (const auto& [name, node] : folder_->entries) entries.push_back({name, node->kind});
      return entries;
    });
  }

  Status Rename(std::string_view from, std::string_view to) override { return RenameAs(from, to, false); }
  Status RenameNoReplace(std::string_view from, std::string_view to) override { return RenameAs(from, to, true); }

  Status RemoveFile(std::string_view path) override {
    return At(Operation::kRemove, path, [&](const MemPlace& place) -> Status {
      if (!place.node) return ErrnoError("cannot remove", place.display, ENOENT);
      LOTMARK_RETURN_IF_ERROR(CheckMayChange(place, "cannot remove"));
      if (place.node->kind == EntryKind::kFolder) return ErrnoError("cannot remove", place.display, EISDIR);
      machine_->disk.Change({{place.folder, place.name, nullptr}});
      return Ok();
    });
  }

  Status RemoveDir(std::string_view path) override {
    return At(Operation::kRemove, path, [&](const MemPlace& place) -> Status {
      if (!place.node) return ErrnoError("cannot remove folder", place.display, ENOENT);
      LOTMARK_RETURN_IF_ERROR(CheckMayChange(place, "cannot remove folder"));
      if (place.node->kind != EntryKind::kFolder) return ErrnoError("cannot remove folder", place.display, ENOTDIR);
      if (!place.node->entries.empty()) return ErrnoError("cannot remove folder", place.display, ENOTEMPTY);
      place.node->removed = true;
      machine_->disk.Change({{place.folder, place.name, nullptr}});
      return Ok();
    });
  }

  Status MakeReadOnly(std::string_view path) override { return SetReadOnly(path, true); }
  Status MakeWritable(std::string_view path) override { return SetReadOnly(path, false); }

  Status Sync() override {
    return machine_->Operate(Operation::kSyncDir, display_, [&] {
      machine_->disk.SyncFolder(*folder_);
      return Ok();
    });
  }

  Result<std::unique_ptr<FileLock>> TryLock(std::string_view path) override {
    return At(Operation::kLock, path, [&](const MemPlace& place) -> Result<std::unique_ptr<FileLock>> {
      if (!place.node) LOTMARK_RETURN_IF_ERROR(CheckMayMake(place, "cannot open the lock"));
      const MemNodePtr node = place.node ? place.node : Make(place, EntryKind::kFile);
      if (node->kind != EntryKind::kFile) return WrongKind("a regular file", place.display, KindName(node->kind));
      return TryMemLock(machine_, node, place.display);
    });
  }

  Result<std::unique_ptr<FileLock>> TryLockSelf() override {
    return machine_->Operate(Operation::kLock, display_, [&] { return TryMemLock(machine_, folder_, display_); });
  }

  std::string DisplayPath() const override { return Printable(display_, kMaxPathBytes); }

 private:
  // Runs one operation on the entry that `path` names.
  template <typename Body>
  auto At(Operation operation, std::string_view path, Body body) -> decltype(body(MemPlace{})) {
    LOTMARK_RETURN_IF_ERROR(CheckPath(path));
    return machine_->Operate(operation, Display(path), [&]() -> decltype(body(MemPlace{})) {
      LOTMARK_ASSIGN_OR_RETURN(const MemPlace place, Locate(path));
      return body(place);
    });
  }

  Result<MemPlace> Locate(std::string_view path) const {
    const auto [parents, name] = SplitPath(path);
    MemNodePtr folder = folder_;
    for (std::string_view component : Components(parents)) {
      LOTMARK_ASSIGN_OR_RETURN(folder, FolderNamed(folder->entries, component, Display(parents)));
    }
    const auto found = folder->entries.find(name);
    const MemNodePtr node = found == folder->entries.end() ? nullptr : found->second;
    return MemPlace{folder, std::string(name), node, Display(path)};
  }

  MemNodePtr Make(const MemPlace& place, EntryKind kind) {
    MemNodePtr node = machine_->disk.NewNode(kind);
    machine_->disk.Change({{place.folder, place.name, node}});
    return node;
  }

  Status RenameAs(std::string_view from, std::string_view to, bool keep_existing) {
    LOTMARK_RETURN_IF_ERROR(CheckRename(from, to));
    return At(Operation::kRename, from, [&](const MemPlace& old_place) -> Status {
      LOTMARK_ASSIGN_OR_RETURN(const MemPlace new_place, Locate(to));
      LOTMARK_RETURN_IF_ERROR(CheckMayRename(old_place, new_place, keep_existing));
      machine_->disk.Change(
          {{old_place.folder, old_place.name, nullptr}, {new_place.folder, new_place.name, old_place.node}});
      return Ok();
    });
  }

  static Status CheckMayRename(const MemPlace& from, const MemPlace& to, bool keep_existing) {
    const std::string which = from.display + " -> " + to.display;
    if (!from.node) return ErrnoError("cannot rename", which, ENOENT);
    if (to.node && keep_existing) return ErrnoError("cannot rename", which, EEXIST);
    LOTMARK_RETURN_IF_ERROR(CheckMayChange(from, "cannot rename"));
    LOTMARK_RETURN_IF_ERROR(CheckMayChange(to, "cannot rename"));
    const bool is_folder = from.node->kind == EntryKind::kFolder;
    if (to.node && is_folder) return Refused("cannot rename: " + which + ": a folder replaces nothing");
    if (to.node && to.node->kind == EntryKind::kFolder) return ErrnoError("cannot rename", which, EISDIR);
    // A folder that moves has its ".." rewritten, which a read-only folder does not allow.
    if (is_folder && from.node->read_only && from.folder != to.folder)
      return ErrnoError("cannot rename", which, EACCES);
    return Ok();
  }

  Status SetReadOnly(std::string_view path, bool read_only) {
    return At(Operation::kChangeMode, path, [&](const MemPlace& place) -> Status {
      if (!place.node) return ErrnoError("cannot open", place.display, ENOENT);
      if (place.node->kind == EntryKind::kLink) {
        return WrongKind("a regular file", place.display, KindName(place.node->kind));
      }
      place.node->read_only = read_only;
      return Ok();
    });
  }

  std::string Display(std::string_view path) const { return display_ + "/" + std::string(path); }

  const std::shared_ptr<MemMachine> machine_;
  const MemNodePtr folder_;
  const std::string display_;
};

}  // namespace

std::unique_ptr<Dir> MakeMemDir(std::shared_ptr<MemMachine> machine, MemNodePtr folder, std::string display) {
  return std::make_unique<MemDir>(std::move(machine), std::move(folder), std::move(display));
}

}  // namespace lotmark::fs
