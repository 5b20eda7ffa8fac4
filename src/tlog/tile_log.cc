#include "tlog/tile_log.h"

#include <fmt/format.h>

#include <set>

#include "fs/file_ops.h"
#include "fs/temporary.h"
#include "tlog/growth.h"
#include "tlog/tile_files.h"

namespace lotmark::tlog {
namespace {

Status WriteCheckpoint(fs::Dir& folder, const std::string& note, fs::IfExists if_exists) {
  return fs::WriteFileAtomic(folder, kCheckpointFile, AsBytes(note), if_exists);
}

std::string OtherEntries(fs::Dir& folder) {
  return folder.DisplayPath() + ": the entries are not those that were signed: their root is another";
}

// A log of hashes in memory: what the entries' tiles must be.
class MemoryNodes : public NodeReader {
 public:
  void Add(const Digest& leaf) {
    Digest node = leaf;
    uint64_t index = size_++;
    for (size_t level = 0;; ++level, index >>= 1) {
      if (levels_.size() == level) levels_.emplace_back();
      levels_[level].push_back(node);
      if ((index & 1) == 0) return;
      node = NodeHash(levels_[level][index - 1], node);
    }
  }
  Result<Digest> ReadNode(int level, uint64_t index) override { return levels_[static_cast<size_t>(level)][index]; }

  std::vector<Digest> HashesOf(const TileId& tile) const {
    const auto& nodes = levels_[static_cast<size_t>(tile.level) * kTileHeight];
    const auto first = nodes.begin() + static_cast<ptrdiff_t>(tile.index * kTileWidth);
    return {first, first + static_cast<ptrdiff_t>(tile.width)};
  }

 private:
  uint64_t size_ = 0;
  std::vector<std::vector<Digest>> levels_;
};

}  // namespace

Status TileLog::Create(fs::Dir& folder, const std::string& origin, const PrivateKey& key) {
  LOTMARK_RETURN_IF_ERROR(CheckKeyName(origin));
  return WriteCheckpoint(folder, SignCheckpoint(origin, {}, key), fs::IfExists::kRefuse);
}

Result<TileLog> TileLog::Open(fs::Dir& folder, const NoteVerifier& verifier) {
  LOTMARK_ASSIGN_OR_RETURN(const Bytes note, fs::ReadWholeFile(folder, kCheckpointFile, kMaxNoteBytes));
  TileLog log(folder, verifier);
  log.checkpoint_ = AsText(note);
  auto head = OpenCheckpoint(log.checkpoint_, verifier);
  if (!head) return Prefixed(folder.DisplayPath() + "/" + kCheckpointFile, std::move(head).error());
  log.head_ = *head;
  return log;
}

Result<std::vector<Bytes>> TileLog::ReadAll() const {
  std::vector<Bytes> entries;
  entries.reserve(head_.size);
  MemoryNodes nodes;
  for (const TileId& tile : TilesOfLevel(0, head_.size)) {
    LOTMARK_ASSIGN_OR_RETURN(std::vector<Bytes> bundle, ReadEntryBundle(*folder_, tile));
    for (Bytes& entry : bundle) {
      nodes.Add(LeafHash(entry));
      entries.push_back(std::move(entry));
    }
  }
  LOTMARK_ASSIGN_OR_RETURN(const Digest root, RootOf(head_.size, nodes));
  if (root == head_.root) return entries;
  return Refused(OtherEntries(*folder_));
}

Status TileLog::CheckTiles() const {
  DiskNodes nodes(*folder_, head_.size);
  LOTMARK_ASSIGN_OR_RETURN(const Digest root, RootOf(head_.size, nodes));
  if (root == head_.root) return Ok();
  return Refused(folder_->DisplayPath() + ": the tiles do not lead to the signed root");
}

Result<Proof> TileLog::ProveInclusion(uint64_t index) const {
  DiskNodes nodes(*folder_, head_.size);
  LOTMARK_ASSIGN_OR_RETURN(Proof proof, tlog::ProveInclusion(index, head_.size, nodes));
  LOTMARK_ASSIGN_OR_RETURN(const Digest leaf, nodes.ReadNode(0, index));
  LOTMARK_RETURN_IF_ERROR(CheckInclusion(proof, index, leaf, head_));
  return proof;
}

Result<Proof> TileLog::ProveConsistency(uint64_t old_size) const {
  LOTMARK_RETURN_IF_ERROR(CheckTiles());
  DiskNodes nodes(*folder_, head_.size);
  return tlog::ProveConsistency(old_size, head_.size, nodes);
}

Result<std::vector<std::string>> TileLog::Verify() const {
  std::vector<std::string> wrong;
  // A machine that fails to read is no finding about the log.
  const auto note = [&wrong](const Error& error) -> Status {
    if (error.code != ErrorCode::kRefused) return error;
    wrong.push_back(error.text);
    return Ok();
  };
  MemoryNodes nodes;
  for (const TileId& tile : TilesOfLevel(0, head_.size)) {
    const auto bundle = ReadEntryBundle(*folder_, tile);
    if (!bundle) {
      LOTMARK_RETURN_IF_ERROR(note(bundle.error()));
      return wrong;  // what stands on it cannot be told
    }
    for (const Bytes& entry : *bundle) nodes.Add(LeafHash(entry));
  }
  for (int level = 0; (head_.size >> (level * kTileHeight)) > 0; ++level) {
    for (const TileId& tile : TilesOfLevel(level, head_.size)) {
      const auto hashes = ReadTile(*folder_, tile);
      if (!hashes) {
        LOTMARK_RETURN_IF_ERROR(note(hashes.error()));
      } else if (*hashes != nodes.HashesOf(tile)) {
        wrong.push_back(fmt::format("{}/{}: not the hashes of the entries", folder_->DisplayPath(), TilePath(tile)));
      }
    }
  }
  LOTMARK_ASSIGN_OR_RETURN(const Digest root, RootOf(head_.size, nodes));
  if (root != head_.root) {
    wrong.push_back(OtherEntries(*folder_));
  }
  return wrong;
}

Status TileLog::CopyTilesTo(fs::Dir& to) const {
  LOTMARK_RETURN_IF_ERROR(CheckTiles());
  for (const TileId& tile : TilesOfLevel(0, head_.size)) {
    LOTMARK_ASSIGN_OR_RETURN(const std::vector<Bytes> bundle, ReadEntryBundle(*folder_, tile));
    LOTMARK_RETURN_IF_ERROR(WriteTileFile(to, EntryBundlePath(tile), FormatEntryBundle(bundle)));
  }
  for (int level = 0; (head_.size >> (level * kTileHeight)) > 0; ++level) {
    for (const TileId& tile : TilesOfLevel(level, head_.size)) {
      LOTMARK_ASSIGN_OR_RETURN(const std::vector<Digest> hashes, ReadTile(*folder_, tile));
      LOTMARK_RETURN_IF_ERROR(WriteTileFile(to, TilePath(tile), FormatTile(hashes)));
    }
  }
  return Ok();
}

Status TileLog::Append(const std::vector<Bytes>& entries, const PrivateKey& key) {
  if (!(key.public_key() == verifier_.key())) {
    return Refused(folder_->DisplayPath() + ": the key is not the one that signs this log");
  }
  for (const Bytes& entry : entries) {
    if (entry.size() > kMaxEntryBytes) {
      return Error{ErrorCode::kTooLarge, fmt::format("log entry: {} bytes: at most {}", entry.size(), kMaxEntryBytes)};
    }
  }
  LOTMARK_RETURN_IF_ERROR(CheckTiles());
  LOTMARK_ASSIGN_OR_RETURN(Growth growth, Growth::Begin(*folder_, head_.size));
  for (const Bytes& entry : entries) growth.Add(entry);
  // Where a tile of the signed log lies, the folder was synced before the log was signed.
  std::set<std::string> settled;
  for (const std::string& path : growth.Replaced()) settled.insert(FolderOf(path));
  for (const Growth::File& file : growth.Files()) {
    const auto write = settled.contains(FolderOf(file.path)) ? WriteTileFileBeside : WriteTileFile;
    LOTMARK_RETURN_IF_ERROR(write(*folder_, file.path, file.bytes));
  }
  DiskNodes nodes(*folder_, growth.size());
  LOTMARK_ASSIGN_OR_RETURN(const Digest root, RootOf(growth.size(), nodes));
  const TreeHead grown{growth.size(), root};
  std::string note = SignCheckpoint(verifier_.name(), grown, key);
  LOTMARK_RETURN_IF_ERROR(WriteCheckpoint(*folder_, note, fs::IfExists::kReplace));
  head_ = grown;
  checkpoint_ = std::move(note);
  // Committed; a file too many is no harm, and Recover removes it.
  for (const std::string& path : growth.Replaced()) (void)folder_->RemoveFile(path);
  return Ok();
}

Status TileLog::Recover() {
  LOTMARK_RETURN_IF_ERROR(fs::SweepTemporaries(*folder_));
  LOTMARK_RETURN_IF_ERROR(RemoveStrayTiles(*folder_, head_.size));
  return folder_->Sync();
}

}  // namespace lotmark::tlog
