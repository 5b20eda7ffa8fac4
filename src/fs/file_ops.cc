#include "fs/file_ops.h"

#include "base/encoding.h"
#include "base/uuid.h"
#include "fs/path.h"

namespace lotmark::fs {
namespace {

std::string PathIn(const Dir& dir, std::string_view path) { return dir.DisplayPath() + "/" + Printable(path); }

// The name is only a hint for whoever finds the file after a crash; the random part makes it unique.
std::string TempNameFor(std::string_view name) {
  constexpr size_t kHintBytes = 128;
  return ".tmp-" + std::string(name.substr(0, kHintBytes)) + "-" + Uuid::V4().text();
}

Status WriteAndSync(Dir& dir, std::string_view name, ByteView bytes) {
  LOTMARK_ASSIGN_OR_RETURN(const std::unique_ptr<WritableFile> file, dir.CreateFile(name));
  LOTMARK_RETURN_IF_ERROR(file->Append(bytes));
  LOTMARK_RETURN_IF_ERROR(file->Sync());
  return file->Close();
}

// Best effort: a temporary file that stays behind is swept later, and the first error is the one that matters.
Error Discard(Dir& dir, std::string_view temp, Error why) {
  (void)dir.RemoveFile(temp);
  return why;
}

Error Unconfirmed(const Dir& dir, std::string_view name, const Error& why) {
  return {ErrorCode::kUnconfirmed, "change not confirmed: " + PathIn(dir, name) + ": " + why.text,
          "The change may or may not be in place, and a power loss may still undo it: read again before going on."};
}

// An error of a rename does not say that nothing happened (a network file system may lose the answer). The temporary
// name is ours alone: while it is there, the rename has not taken place.
Error FailedRename(Dir& dir, std::string_view temp, std::string_view name, Error why) {
  if (!dir.Stat(temp)) return Unconfirmed(dir, name, why);
  // Said anew, because the temporary name would only puzzle the reader.
  if (why.code == ErrorCode::kConflict) why.text = "cannot write: " + PathIn(dir, name) + ": it exists already";
  return Discard(dir, temp, std::move(why));
}

Status RenameIntoPlace(Dir& dir, std::string_view temp, std::string_view name, IfExists if_exists) {
  Status renamed = if_exists == IfExists::kReplace ? dir.Rename(temp, name) : dir.RenameNoReplace(temp, name);
  if (!renamed) return FailedRename(dir, temp, name, std::move(renamed).error());
  if (Status synced = dir.Sync(); !synced) return Unconfirmed(dir, name, synced.error());
  return Ok();
}

}  // namespace

Status WriteFileAtomic(Dir& dir, std::string_view name, ByteView bytes, IfExists if_exists) {
  LOTMARK_RETURN_IF_ERROR(CheckName(name));
  const std::string temp = TempNameFor(name);
  if (Status written = WriteAndSync(dir, temp, bytes); !written) {
    return Discard(dir, temp, std::move(written).error());
  }
  return RenameIntoPlace(dir, temp, name, if_exists);
}

Status ReplaceLinkAtomic(Dir& dir, std::string_view name, std::string_view target_text) {
  LOTMARK_RETURN_IF_ERROR(CheckName(name));
  const std::string temp = TempNameFor(name);
  LOTMARK_RETURN_IF_ERROR(dir.MakeLink(target_text, temp));
  return RenameIntoPlace(dir, temp, name, IfExists::kReplace);
}

Result<Bytes> ReadWholeFile(Dir& dir, std::string_view path, uint64_t max_bytes) {
  LOTMARK_ASSIGN_OR_RETURN(const std::unique_ptr<ReadableFile> file, dir.OpenFile(path));
  LOTMARK_ASSIGN_OR_RETURN(const uint64_t size, file->Size());
  const auto too_large = [&] {
    return Error{ErrorCode::kTooLarge,
                 "file too large: " + PathIn(dir, path) + ": more than " + std::to_string(max_bytes) + " bytes"};
  };
  if (size > max_bytes) return too_large();
  // One byte more than its size, so that a file that grows meanwhile is noticed rather than cut.
  Bytes bytes(size + 1);
  size_t done = 0;
  while (true) {
    LOTMARK_ASSIGN_OR_RETURN(const size_t got, file->ReadAt(done, std::span(bytes).subspan(done)));
    done += got;
    if (done > max_bytes) return too_large();
    if (done < bytes.size()) break;
    bytes.resize(bytes.size() * 2);
  }
  bytes.resize(done);
  return bytes;
}

Status RemoveTree(Dir& dir, std::string_view path) {
  const auto unless_gone = [](Status status) {
    return !status && status.error().code == ErrorCode::kNotFound ? Ok() : std::move(status);
  };
  Result<EntryInfo> info = dir.Stat(path);
  if (!info) return unless_gone(std::move(info).error());
  if (info->kind != EntryKind::kFolder) return unless_gone(dir.RemoveFile(path));
  // A registered version's folders are read-only, and nothing can be removed from those.
  LOTMARK_RETURN_IF_ERROR(dir.MakeWritable(path));
  {
    LOTMARK_ASSIGN_OR_RETURN(const std::unique_ptr<Dir> folder, dir.OpenDir(path));
    LOTMARK_ASSIGN_OR_RETURN(const std::vector<Entry> entries, folder->List());
    for (const Entry& entry : entries) LOTMARK_RETURN_IF_ERROR(RemoveTree(*folder, entry.name));
  }
  return unless_gone(dir.RemoveDir(path));
}

Status MakeDirs(Dir& dir, std::string_view path) {
  LOTMARK_RETURN_IF_ERROR(CheckPath(path));
  std::unique_ptr<Dir> opened;
  Dir* parent = &dir;
  for (std::string_view component : Components(path)) {
    Status made = parent->MakeDir(component);
    if (!made && made.error().code != ErrorCode::kConflict) return made;
    // Also where the folder was there already: whoever made it may have died before this sync.
    LOTMARK_RETURN_IF_ERROR(parent->Sync());
    LOTMARK_ASSIGN_OR_RETURN(opened, parent->OpenDir(component));
    parent = opened.get();
  }
  return Ok();
}

}  // namespace lotmark::fs
