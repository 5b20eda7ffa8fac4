// The few ways in which Lotmark writes and reads whole files, built on fs::Dir.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/digest.h"
#include "base/result.h"
#include "fs/fs.h"

namespace lotmark::fs {

enum class IfExists { kReplace, kRefuse };

// temp -> write -> fsync -> close -> rename -> fsync(folder). `name` is one component.
// Durability: on OK the new content survives power loss; on any error but kUnconfirmed the old content stands.
// kUnconfirmed: the rename happened and the folder's sync failed.
Status WriteFileAtomic(Dir& dir, std::string_view name, ByteView bytes, IfExists if_exists);

// Points the link `name` at `target_text` by renaming a fresh link over it; then fsync(folder). Same durability.
Status ReplaceLinkAtomic(Dir& dir, std::string_view name, std::string_view target_text);

// The whole file; kTooLarge when it is longer than `max_bytes`.
Result<Bytes> ReadWholeFile(Dir& dir, std::string_view path, uint64_t max_bytes);

// Called with the number of bytes done so far; return false to interrupt (kRefused "interrupted").
using Progress = std::function<bool(uint64_t bytes_done)>;

struct HashedFile {
  Digest sha256;
  uint64_t size = 0;
};

// Reads once, hashes on the way. Memory: one small buffer.
Result<HashedFile> HashFile(ReadableFile& file, const Progress& progress = {});

// Copies into a new file, hashing while writing, then syncs and closes it. The caller syncs the folder. On any error
// the new file is removed again. Memory: a few buffers of 1 MiB at any file size.
Result<HashedFile> CopyFileHashing(ReadableFile& from, Dir& to, std::string_view path, const Progress& progress = {});

// Removes a folder and all beneath it, read-only or not, links unfollowed. OK when it is not there. Not synced.
Status RemoveTree(Dir& dir, std::string_view path);

// Makes each missing folder of `path` and syncs the parents. Durability: on OK all of them survive power loss.
Status MakeDirs(Dir& dir, std::string_view path);

}  // namespace lotmark::fs
