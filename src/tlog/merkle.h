// Merkle trees of RFC 6962 section 2.1: hashes, roots, and the two proofs.
//
// A tree of n leaves has one root, whatever n; a proof of at most 64 hashes shows that a leaf is in it (inclusion) or
// that an older tree is its beginning (consistency). Checking follows RFC 9162 sections 2.1.3.2 and 2.1.4.2.
//
// Thread safety: functions; a NodeReader as it says itself.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/bytes.h"
#include "base/digest.h"
#include "base/result.h"

namespace lotmark::tlog {

Digest LeafHash(ByteView entry);                           // SHA-256(0x00 || entry)
Digest NodeHash(const Digest& left, const Digest& right);  // SHA-256(0x01 || left || right)
Digest EmptyRoot();                                        // SHA-256 of nothing

// The root of a log with these entries, all of them in memory.
Digest RootOfEntries(std::span<const Bytes> entries);

// Where the hashes of complete subtrees come from: node (level, index) covers the leaves
// [index * 2^level, (index + 1) * 2^level). Level 0 are the leaves' own hashes.
class NodeReader {
 public:
  virtual ~NodeReader() = default;
  // REQUIRES: all leaves that the node covers exist.
  virtual Result<Digest> ReadNode(int level, uint64_t index) = 0;
};

// The root of the first `size` leaves. Errors are the reader's.
Result<Digest> RootOf(uint64_t size, NodeReader& nodes);

// Hashes from the leaf's end to the root's.
using Proof = std::vector<Digest>;

// That leaf `index` is in the tree of the first `size` leaves. kRefused: index >= size.
Result<Proof> ProveInclusion(uint64_t index, uint64_t size, NodeReader& nodes);
// That the tree of the first `old_size` leaves is the beginning of that of the first `size`. kRefused: old_size > size.
Result<Proof> ProveConsistency(uint64_t old_size, uint64_t size, NodeReader& nodes);

// A tree's size and root, as a checkpoint states them.
struct TreeHead {
  uint64_t size = 0;
  Digest root = EmptyRoot();

  bool operator==(const TreeHead&) const = default;
};

// kRefused when the proof does not show it.
Status CheckInclusion(const Proof& proof, uint64_t index, const Digest& leaf, const TreeHead& head);
Status CheckConsistency(const Proof& proof, const TreeHead& old_head, const TreeHead& head);

}  // namespace lotmark::tlog
