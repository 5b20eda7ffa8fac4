#include "tlog/tile.h"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>

#include "tlog/merkle.h"

namespace lotmark::tlog {
namespace {

// Three digits a folder, all but the last marked with an x: no folder gets more than about 1,000 names.
std::string PathOf(const std::string& folder, const TileId& tile) {
  std::string number = fmt::format("{:03}", tile.index % 1000);
  for (uint64_t rest = tile.index / 1000; rest > 0; rest /= 1000)
    number = fmt::format("x{:03}/{}", rest % 1000, number);
  std::string path = fmt::format("tile/{}/{}", folder, number);
  if (!tile.full()) path += fmt::format(".p/{}", tile.width);
  return path;
}

// REQUIRES: a power of two of them.
Digest Fold(std::vector<Digest> nodes) {
  for (; nodes.size() > 1; nodes.resize(nodes.size() / 2)) {
    for (size_t i = 0; i < nodes.size() / 2; ++i) nodes[i] = NodeHash(nodes[2 * i], nodes[2 * i + 1]);
  }
  return nodes.front();
}

}  // namespace

std::string TilePath(const TileId& tile) { return PathOf(std::to_string(tile.level), tile); }

std::string EntryBundlePath(const TileId& tile) { return PathOf("entries", tile); }

TileId TileOfNode(int level, uint64_t index, uint64_t size) {
  const int within = level % kTileHeight;
  TileId tile{.level = level / kTileHeight, .index = index >> (kTileHeight - within)};
  const uint64_t nodes_of_level = size >> (tile.level * kTileHeight);
  assert(((index + 1) << level) <= size);
  tile.width = std::min(kTileWidth, nodes_of_level - tile.index * kTileWidth);
  return tile;
}

Digest NodeInTile(int level, uint64_t index, const std::vector<Digest>& hashes) {
  const int within = level % kTileHeight;
  const auto first = hashes.begin() + static_cast<ptrdiff_t>((index << within) % kTileWidth);
  return Fold({first, first + (ptrdiff_t{1} << within)});
}

Digest RootOfTile(const std::vector<Digest>& hashes) {
  assert(hashes.size() == kTileWidth);
  return Fold(hashes);
}

Bytes FormatTile(const std::vector<Digest>& hashes) {
  Bytes bytes;
  bytes.reserve(hashes.size() * Digest::kSize);
  for (const Digest& hash : hashes) bytes.insert(bytes.end(), hash.bytes().begin(), hash.bytes().end());
  return bytes;
}

Result<std::vector<Digest>> ParseTile(ByteView bytes, uint64_t width) {
  if (bytes.size() != width * Digest::kSize) {
    return Refused(
        fmt::format("not a tile of {} hashes: it has {} bytes, not {}", width, bytes.size(), width * Digest::kSize));
  }
  std::vector<Digest> hashes;
  hashes.reserve(width);
  for (; !bytes.empty(); bytes = bytes.subspan(Digest::kSize)) {
    std::array<uint8_t, Digest::kSize> hash;
    std::copy_n(bytes.begin(), Digest::kSize, hash.begin());
    hashes.emplace_back(hash);
  }
  return hashes;
}

Bytes FormatEntryBundle(const std::vector<Bytes>& entries) {
  Bytes bytes;
  for (const Bytes& entry : entries) {
    assert(entry.size() <= kMaxEntryBytes);
    bytes.push_back(static_cast<uint8_t>(entry.size() >> 8));
    bytes.push_back(static_cast<uint8_t>(entry.size() & 0xFF));
    bytes.insert(bytes.end(), entry.begin(), entry.end());
  }
  return bytes;
}

Result<std::vector<Bytes>> ParseEntryBundle(ByteView bytes, uint64_t width) {
  const auto refuse = [&](const char* why) {
    return Refused(fmt::format("not a bundle of {} entries: {}", width, why));
  };
  std::vector<Bytes> entries;
  entries.reserve(width);
  while (entries.size() < width) {
    if (bytes.size() < 2) return refuse("it ends too early");
    const size_t size = static_cast<size_t>(bytes[0]) << 8 | bytes[1];
    bytes = bytes.subspan(2);
    if (bytes.size() < size) return refuse("it ends within an entry");
    entries.emplace_back(bytes.begin(), bytes.begin() + static_cast<ptrdiff_t>(size));
    bytes = bytes.subspan(size);
  }
  if (!bytes.empty()) return refuse("bytes follow the last one");
  return entries;
}

}  // namespace lotmark::tlog
