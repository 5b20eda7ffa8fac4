// Tiles: how a Merkle tree lies in files (C2SP tlog-tiles). A tile holds 256 hashes of one level, eight levels of the
// tree apart; an entry bundle holds the entries under a tile of level 0. Both never change once full; the rightmost of
// each level is partial and named by its width.
//
//   tile/<L>/<N>          tile/0/x001/x234/067        full: 256 hashes of 32 bytes
//   tile/<L>/<N>.p/<W>    tile/1/000.p/7              partial: the first 7
//   tile/entries/<N>      tile/entries/000.p/12       entries, each after its length as two bytes, big-endian
//
// Thread safety: values and functions.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/digest.h"
#include "base/result.h"

namespace lotmark::tlog {

constexpr int kTileHeight = 8;
constexpr uint64_t kTileWidth = 1u << kTileHeight;
constexpr size_t kMaxEntryBytes = 65535;

struct TileId {
  int level = 0;  // of tiles: level L holds nodes of tree level 8 L
  uint64_t index = 0;
  uint64_t width = kTileWidth;  // 1 to 256

  bool full() const { return width == kTileWidth; }
  bool operator==(const TileId&) const = default;
};

std::string TilePath(const TileId& tile);
// `tile` is of level 0.
std::string EntryBundlePath(const TileId& tile);

// The tile of tree node (level, index) in a log of `size` entries. REQUIRES: the log has that node.
TileId TileOfNode(int level, uint64_t index, uint64_t size);
// The node's hash from its tile's hashes. REQUIRES: `hashes` is the tile that TileOfNode names.
Digest NodeInTile(int level, uint64_t index, const std::vector<Digest>& hashes);
// The hash over all of a full tile, which is a node of the tile above.
Digest RootOfTile(const std::vector<Digest>& hashes);

Bytes FormatTile(const std::vector<Digest>& hashes);
// kRefused: not `width` hashes.
Result<std::vector<Digest>> ParseTile(ByteView bytes, uint64_t width);

// REQUIRES: each entry has at most kMaxEntryBytes.
Bytes FormatEntryBundle(const std::vector<Bytes>& entries);
// kRefused: not `width` entries, or bytes after them.
Result<std::vector<Bytes>> ParseEntryBundle(ByteView bytes, uint64_t width);

}  // namespace lotmark::tlog
