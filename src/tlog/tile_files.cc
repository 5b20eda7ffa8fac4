#include "tlog/tile_files.h"

#include <algorithm>
#include <set>

#include "fs/file_ops.h"
#include "fs/temporary.h"

namespace lotmark::tlog {
namespace {

constexpr char kTileFolder[] = "tile";
// The largest bundle: 256 entries of 65,535 bytes, each after two bytes of length.
constexpr uint64_t kMaxFileBytes = kTileWidth * (kMaxEntryBytes + 2);

Result<Bytes> ReadTileFile(fs::Dir& folder, const std::string& path) {
  auto bytes = fs::ReadWholeFile(folder, path, kMaxFileBytes);
  if (bytes || bytes.error().code != ErrorCode::kNotFound) return bytes;
  return Refused(folder.DisplayPath() + "/" + path + ": missing: the log is incomplete");
}

template <typename T>
Result<T> Named(fs::Dir& folder, const std::string& path, Result<T> parsed) {
  if (parsed) return parsed;
  return Prefixed(folder.DisplayPath() + "/" + path, std::move(parsed).error());
}

std::set<std::string> PathsOf(uint64_t size) {
  std::set<std::string> paths;
  for (const TileId& tile : TilesOfLevel(0, size)) paths.insert(EntryBundlePath(tile));
  for (int level = 0; (size >> (level * kTileHeight)) > 0; ++level) {
    for (const TileId& tile : TilesOfLevel(level, size)) paths.insert(TilePath(tile));
  }
  return paths;
}

// "000", "x001", "001.p", "12": the names in which tiles lie.
bool IsTileName(std::string_view name) {
  return fs::IsTemporary(name) || name.find_first_not_of("0123456789xp.") == std::string_view::npos;
}

// Removes strays beneath `path` and says whether the folder is empty now.
Result<bool> RemoveStraysIn(fs::Dir& root, const std::string& path, const std::set<std::string>& wanted) {
  LOTMARK_ASSIGN_OR_RETURN(const auto folder, root.OpenDir(path));
  LOTMARK_ASSIGN_OR_RETURN(const std::vector<fs::Entry> entries, folder->List());
  size_t left = entries.size();
  for (const fs::Entry& entry : entries) {
    const std::string below = path + "/" + entry.name;
    if (entry.kind == fs::EntryKind::kFolder) {
      LOTMARK_ASSIGN_OR_RETURN(const bool empty, RemoveStraysIn(root, below, wanted));
      if (!empty) continue;
      LOTMARK_RETURN_IF_ERROR(root.RemoveDir(below));
    } else {
      if (wanted.contains(below) || !IsTileName(entry.name)) continue;
      LOTMARK_RETURN_IF_ERROR(root.RemoveFile(below));
    }
    --left;
  }
  return left == 0;
}

}  // namespace

Result<std::vector<Digest>> ReadTile(fs::Dir& folder, const TileId& tile) {
  const std::string path = TilePath(tile);
  LOTMARK_ASSIGN_OR_RETURN(const Bytes bytes, ReadTileFile(folder, path));
  return Named(folder, path, ParseTile(bytes, tile.width));
}

Result<std::vector<Bytes>> ReadEntryBundle(fs::Dir& folder, const TileId& tile) {
  const std::string path = EntryBundlePath(tile);
  LOTMARK_ASSIGN_OR_RETURN(const Bytes bytes, ReadTileFile(folder, path));
  return Named(folder, path, ParseEntryBundle(bytes, tile.width));
}

std::string FolderOf(const std::string& path) { return path.substr(0, path.rfind('/')); }

Status WriteTileFile(fs::Dir& folder, const std::string& path, ByteView bytes) {
  LOTMARK_RETURN_IF_ERROR(fs::MakeDirs(folder, FolderOf(path)));
  return WriteTileFileBeside(folder, path, bytes);
}

Status WriteTileFileBeside(fs::Dir& folder, const std::string& path, ByteView bytes) {
  LOTMARK_ASSIGN_OR_RETURN(const auto parent, folder.OpenDir(FolderOf(path)));
  return fs::WriteFileAtomic(*parent, path.substr(path.rfind('/') + 1), bytes, fs::IfExists::kReplace);
}

std::vector<TileId> TilesOfLevel(int level, uint64_t size) {
  const uint64_t nodes = size >> (level * kTileHeight);
  std::vector<TileId> tiles;
  for (uint64_t index = 0; index * kTileWidth < nodes; ++index) {
    tiles.push_back({.level = level, .index = index, .width = std::min(kTileWidth, nodes - index * kTileWidth)});
  }
  return tiles;
}

Result<Digest> DiskNodes::ReadNode(int level, uint64_t index) {
  const TileId tile = TileOfNode(level, index, size_);
  auto found = kept_.find(tile.level);
  if (found == kept_.end() || !(found->second.id == tile)) {
    LOTMARK_ASSIGN_OR_RETURN(auto hashes, ReadTile(folder_, tile));
    found = kept_.insert_or_assign(tile.level, Kept{tile, std::move(hashes)}).first;
  }
  return NodeInTile(level, index, found->second.hashes);
}

Status RemoveStrayTiles(fs::Dir& folder, uint64_t size) {
  if (!folder.Stat(kTileFolder)) return Ok();
  LOTMARK_RETURN_IF_ERROR(RemoveStraysIn(folder, kTileFolder, PathsOf(size)));
  return Ok();
}

}  // namespace lotmark::tlog
