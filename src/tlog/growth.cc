#include "tlog/growth.h"

#include "tlog/merkle.h"
#include "tlog/tile_files.h"

namespace lotmark::tlog {
Result<Growth> Growth::Begin(fs::Dir& folder, uint64_t size) {
  Growth growth(size);
  for (int level = 0; (size >> (level * kTileHeight)) > 0; ++level) {
    const TileId last = TilesOfLevel(level, size).back();
    Edge& edge = growth.EdgeOf(level);
    edge.index = last.full() ? last.index + 1 : last.index;
    if (last.full()) continue;
    LOTMARK_ASSIGN_OR_RETURN(edge.hashes, ReadTile(folder, last));
    edge.outdated.push_back(TilePath(last));
    if (level > 0) continue;
    LOTMARK_ASSIGN_OR_RETURN(growth.bundle_, ReadEntryBundle(folder, last));
    edge.outdated.push_back(EntryBundlePath(last));
    // The bundle is written anew: what somebody changed in it must not be carried on.
    for (size_t i = 0; i < growth.bundle_.size(); ++i) {
      if (LeafHash(growth.bundle_[i]) == edge.hashes[i]) continue;
      return Refused(folder.DisplayPath() + "/" + EntryBundlePath(last) + ": not the entries that were signed");
    }
  }
  return growth;
}

void Growth::Add(const Bytes& entry) {
  bundle_.push_back(entry);
  if (bundle_.size() == kTileWidth) {
    full_.push_back({EntryBundlePath({.index = size_ / kTileWidth}), FormatEntryBundle(bundle_)});
    bundle_.clear();
  }
  ++size_;
  Push(0, LeafHash(entry));
}

Growth::Edge& Growth::EdgeOf(int level) {
  if (edges_.size() <= static_cast<size_t>(level)) edges_.resize(static_cast<size_t>(level) + 1);
  return edges_[static_cast<size_t>(level)];
}

void Growth::Push(int level, const Digest& hash) {
  Edge& edge = EdgeOf(level);
  edge.hashes.push_back(hash);
  edge.unsaved = edge.touched = true;
  if (edge.hashes.size() < kTileWidth) return;
  full_.push_back({TilePath({.level = level, .index = edge.index}), FormatTile(edge.hashes)});
  const Digest root = RootOfTile(edge.hashes);
  ++edge.index;
  edge.hashes.clear();
  edge.unsaved = false;
  Push(level + 1, root);
}

std::vector<Growth::File> Growth::Files() const {
  std::vector<File> files = full_;
  for (size_t level = 0; level < edges_.size(); ++level) {
    const Edge& edge = edges_[level];
    if (!edge.unsaved) continue;
    const TileId tile{.level = static_cast<int>(level), .index = edge.index, .width = edge.hashes.size()};
    if (level == 0) files.push_back({EntryBundlePath(tile), FormatEntryBundle(bundle_)});
    files.push_back({TilePath(tile), FormatTile(edge.hashes)});
  }
  return files;
}

std::vector<std::string> Growth::Replaced() const {
  std::vector<std::string> paths;
  for (const Edge& edge : edges_) {
    if (edge.touched) paths.insert(paths.end(), edge.outdated.begin(), edge.outdated.end());
  }
  return paths;
}

}  // namespace lotmark::tlog
