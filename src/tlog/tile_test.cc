#include "tlog/tile.h"

#include <gtest/gtest.h>

#include "tlog/merkle.h"

namespace lotmark::tlog {
namespace {

TEST(Tile, IsNamedAsTheFormatSays) {
  EXPECT_EQ(TilePath({.level = 0, .index = 0}), "tile/0/000");
  EXPECT_EQ(TilePath({.level = 0, .index = 999}), "tile/0/999");
  EXPECT_EQ(TilePath({.level = 0, .index = 1000}), "tile/0/x001/000");
  EXPECT_EQ(TilePath({.level = 0, .index = 1234067}), "tile/0/x001/x234/067");
  EXPECT_EQ(TilePath({.level = 2, .index = 7, .width = 255}), "tile/2/007.p/255");
  EXPECT_EQ(EntryBundlePath({.index = 1234067, .width = 1}), "tile/entries/x001/x234/067.p/1");
}

TEST(Tile, OfANodeIsTheOneThatHoldsIt) {
  EXPECT_EQ(TileOfNode(0, 0, 1), (TileId{.level = 0, .index = 0, .width = 1}));
  EXPECT_EQ(TileOfNode(0, 255, 70'000), (TileId{.level = 0, .index = 0}));
  EXPECT_EQ(TileOfNode(0, 69'999, 70'000), (TileId{.level = 0, .index = 273, .width = 112}));
  EXPECT_EQ(TileOfNode(7, 3, 70'000), (TileId{.level = 0, .index = 1}));
  EXPECT_EQ(TileOfNode(8, 272, 70'000), (TileId{.level = 1, .index = 1, .width = 17}));
  EXPECT_EQ(TileOfNode(16, 0, 70'000), (TileId{.level = 2, .index = 0, .width = 1}));
}

TEST(Tile, GivesTheNodesAboveItsHashes) {
  std::vector<Digest> hashes;
  for (size_t i = 0; i < kTileWidth; ++i) hashes.push_back(LeafHash(AsBytes(std::to_string(i))));
  EXPECT_EQ(NodeInTile(0, 256 + 5, hashes), hashes[5]);
  EXPECT_EQ(NodeInTile(1, 128 + 3, hashes), NodeHash(hashes[6], hashes[7]));
  EXPECT_EQ(RootOfTile(hashes), NodeHash(NodeInTile(7, 2, hashes), NodeInTile(7, 3, hashes)));
}

TEST(Tile, ReadsBackWhatItWrote) {
  const std::vector<Digest> hashes{LeafHash(AsBytes("a")), LeafHash(AsBytes("b"))};
  const Bytes bytes = FormatTile(hashes);
  EXPECT_EQ(ParseTile(bytes, 2).value(), hashes);
  for (size_t size = 0; size < bytes.size(); ++size) EXPECT_FALSE(ParseTile(ByteView(bytes).first(size), 2));
  EXPECT_FALSE(ParseTile(bytes, 1));
  EXPECT_FALSE(ParseTile(bytes, 3));
}

TEST(EntryBundle, ReadsBackWhatItWroteAndNothingShorterOrLonger) {
  const std::vector<Bytes> entries{{}, {1, 2, 3}, Bytes(kMaxEntryBytes, 7)};
  Bytes bytes = FormatEntryBundle(entries);
  EXPECT_EQ(ParseEntryBundle(bytes, 3).value(), entries);
  for (size_t size = 0; size < bytes.size(); size += size < 10 ? 1 : 4099) {
    EXPECT_FALSE(ParseEntryBundle(ByteView(bytes).first(size), 3));
  }
  EXPECT_FALSE(ParseEntryBundle(bytes, 2));
  EXPECT_FALSE(ParseEntryBundle(bytes, 4));
  bytes.push_back(0);
  EXPECT_FALSE(ParseEntryBundle(bytes, 3));
}

}  // namespace
}  // namespace lotmark::tlog
