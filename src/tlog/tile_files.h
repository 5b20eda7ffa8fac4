// Tiles and entry bundles as files of a log's folder; which of them a log of a given size has.
//
// Thread safety: none.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "fs/fs.h"
#include "tlog/merkle.h"
#include "tlog/tile.h"

namespace lotmark::tlog {

// kRefused names the file: it is missing or not such a tile.
Result<std::vector<Digest>> ReadTile(fs::Dir& folder, const TileId& tile);
Result<std::vector<Bytes>> ReadEntryBundle(fs::Dir& folder, const TileId& tile);

// Writes `path`, folders included, over what an interrupted append may have left there.
// Durability: on OK it survives power loss.
Status WriteTileFile(fs::Dir& folder, const std::string& path, ByteView bytes);
// As WriteTileFile, in a folder that is known to survive power loss: it needs no sync.
Status WriteTileFileBeside(fs::Dir& folder, const std::string& path, ByteView bytes);
// The folder of a tile's path.
std::string FolderOf(const std::string& path);

// Every tile of a level in a log of `size` entries, from left to right; none when the level has no nodes.
std::vector<TileId> TilesOfLevel(int level, uint64_t size);

// The nodes of a log of `size` entries from its tiles on disk. The last tile of each level is kept.
class DiskNodes : public NodeReader {
 public:
  DiskNodes(fs::Dir& folder, uint64_t size) : folder_(folder), size_(size) {}
  Result<Digest> ReadNode(int level, uint64_t index) override;

 private:
  struct Kept {
    TileId id;
    std::vector<Digest> hashes;
  };
  fs::Dir& folder_;
  const uint64_t size_;
  std::map<int, Kept> kept_;
};

// Removes what lies under tile/ and belongs to no log of `size` entries: tiles of an append that was interrupted, and
// partial ones that a wider one has replaced. Files that this room would not name are left alone. Not synced.
Status RemoveStrayTiles(fs::Dir& folder, uint64_t size);

}  // namespace lotmark::tlog
