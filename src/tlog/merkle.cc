#include "tlog/merkle.h"

#include <array>
#include <bit>
#include <string>

namespace lotmark::tlog {
namespace {

// The size of the left subtree of a tree of `size` > 1 leaves: the largest power of two below it.
uint64_t LeftSize(uint64_t size) { return std::bit_floor(size - 1); }

// The root of the leaves [begin, begin + size). REQUIRES: it is a subtree of a tree that starts at 0.
Result<Digest> SubtreeRoot(uint64_t begin, uint64_t size, NodeReader& nodes) {
  if (std::has_single_bit(size)) {
    const int level = std::countr_zero(size);
    return nodes.ReadNode(level, begin >> level);
  }
  const uint64_t left_size = LeftSize(size);
  LOTMARK_ASSIGN_OR_RETURN(const Digest left, SubtreeRoot(begin, left_size, nodes));
  LOTMARK_ASSIGN_OR_RETURN(const Digest right, SubtreeRoot(begin + left_size, size - left_size, nodes));
  return NodeHash(left, right);
}

// PATH of RFC 6962 section 2.1.1.
Status AppendPath(uint64_t index, uint64_t begin, uint64_t size, NodeReader& nodes, Proof& proof) {
  if (size == 1) return Ok();
  const uint64_t left_size = LeftSize(size);
  const bool in_left = index < left_size;
  LOTMARK_RETURN_IF_ERROR(in_left ? AppendPath(index, begin, left_size, nodes, proof)
                                  : AppendPath(index - left_size, begin + left_size, size - left_size, nodes, proof));
  LOTMARK_ASSIGN_OR_RETURN(const Digest sibling, in_left ? SubtreeRoot(begin + left_size, size - left_size, nodes)
                                                         : SubtreeRoot(begin, left_size, nodes));
  proof.push_back(sibling);
  return Ok();
}

enum class OldRoot { kKnown, kToBeProven };

// SUBPROOF of RFC 6962 section 2.1.2. The checker knows the old tree's own root, so it is left out where the old tree
// is a whole subtree that starts at 0.
Status AppendSubproof(uint64_t old_size, uint64_t begin, uint64_t size, OldRoot old_root, NodeReader& nodes,
                      Proof& proof) {
  if (old_size == size) {
    if (old_root == OldRoot::kKnown) return Ok();
    LOTMARK_ASSIGN_OR_RETURN(const Digest root, SubtreeRoot(begin, size, nodes));
    proof.push_back(root);
    return Ok();
  }
  const uint64_t left_size = LeftSize(size);
  const uint64_t right_size = size - left_size;
  const bool in_left = old_size <= left_size;
  LOTMARK_RETURN_IF_ERROR(in_left ? AppendSubproof(old_size, begin, left_size, old_root, nodes, proof)
                                  : AppendSubproof(old_size - left_size, begin + left_size, right_size,
                                                   OldRoot::kToBeProven, nodes, proof));
  LOTMARK_ASSIGN_OR_RETURN(const Digest sibling, in_left ? SubtreeRoot(begin + left_size, right_size, nodes)
                                                         : SubtreeRoot(begin, left_size, nodes));
  proof.push_back(sibling);
  return Ok();
}

Error NotProven(const std::string& what, const char* why) { return Refused(what + ": not proven: " + why); }

bool IsRightChild(uint64_t index) { return (index & 1) != 0; }

// Where the check of a proof stands on its way to the root: the fn and sn of RFC 9162, which are a node and the last
// node of its level.
struct Climb {
  uint64_t node;
  uint64_t last;

  bool arrived() const { return last == 0; }
  bool sibling_is_left() const { return IsRightChild(node) || node == last; }
  // To the parent, once the sibling was taken in. The last node of a level goes up as it is until it has one.
  void Up() {
    if (sibling_is_left()) {
      while (!IsRightChild(node) && node != 0) Shift();
    }
    Shift();
  }
  void Shift() {
    node >>= 1;
    last >>= 1;
  }
};

}  // namespace

Digest LeafHash(ByteView entry) {
  constexpr std::array<uint8_t, 1> kPrefix{0x00};
  Sha256 hasher;
  hasher.Update(kPrefix);
  hasher.Update(entry);
  return hasher.Finish();
}

Digest NodeHash(const Digest& left, const Digest& right) {
  constexpr std::array<uint8_t, 1> kPrefix{0x01};
  Sha256 hasher;
  hasher.Update(kPrefix);
  hasher.Update(left.bytes());
  hasher.Update(right.bytes());
  return hasher.Finish();
}

Digest EmptyRoot() { return Sha256Of(ByteView{}); }

Result<Digest> RootOf(uint64_t size, NodeReader& nodes) {
  if (size == 0) return EmptyRoot();
  return SubtreeRoot(0, size, nodes);
}

Result<Proof> ProveInclusion(uint64_t index, uint64_t size, NodeReader& nodes) {
  if (index >= size) {
    return Refused("entry " + std::to_string(index) + ": the log has only " + std::to_string(size));
  }
  Proof proof;
  LOTMARK_RETURN_IF_ERROR(AppendPath(index, 0, size, nodes, proof));
  return proof;
}

Result<Proof> ProveConsistency(uint64_t old_size, uint64_t size, NodeReader& nodes) {
  if (old_size > size) {
    return Refused("size " + std::to_string(old_size) + ": the log has only " + std::to_string(size) + " entries");
  }
  Proof proof;
  if (old_size == 0) return proof;  // every log begins with nothing
  LOTMARK_RETURN_IF_ERROR(AppendSubproof(old_size, 0, size, OldRoot::kKnown, nodes, proof));
  return proof;
}

Status CheckInclusion(const Proof& proof, uint64_t index, const Digest& leaf, const TreeHead& head) {
  const std::string what = "entry " + std::to_string(index) + " in a log of " + std::to_string(head.size);
  if (index >= head.size) return NotProven(what, "it is not that long");
  Climb climb{index, head.size - 1};
  Digest root = leaf;
  for (const Digest& sibling : proof) {
    if (climb.arrived()) return NotProven(what, "the proof is too long");
    root = climb.sibling_is_left() ? NodeHash(sibling, root) : NodeHash(root, sibling);
    climb.Up();
  }
  if (!climb.arrived()) return NotProven(what, "the proof is too short");
  if (root != head.root) return NotProven(what, "it leads to another root");
  return Ok();
}

Status CheckConsistency(const Proof& proof, const TreeHead& old_head, const TreeHead& head) {
  const std::string what =
      "a log of " + std::to_string(old_head.size) + " as the beginning of one of " + std::to_string(head.size);
  if (old_head.size > head.size) return NotProven(what, "it is longer");
  if (old_head.size == 0 || old_head.size == head.size) {
    const Digest& same = old_head.size == 0 ? EmptyRoot() : head.root;
    if (!proof.empty()) return NotProven(what, "the proof is too long");
    if (old_head.root != same) return NotProven(what, "it leads to another root");
    return Ok();
  }
  Climb climb{old_head.size - 1, head.size - 1};
  while (IsRightChild(climb.node)) climb.Shift();
  // An old tree that is one whole subtree is the proof's first hash itself; otherwise that stands in the proof.
  size_t next = 0;
  Digest old_root = old_head.root;
  if (!std::has_single_bit(old_head.size)) {
    if (proof.empty()) return NotProven(what, "the proof is too short");
    old_root = proof[next++];
  }
  Digest root = old_root;
  for (; next < proof.size(); ++next) {
    const Digest& sibling = proof[next];
    if (climb.arrived()) return NotProven(what, "the proof is too long");
    if (climb.sibling_is_left()) old_root = NodeHash(sibling, old_root);
    root = climb.sibling_is_left() ? NodeHash(sibling, root) : NodeHash(root, sibling);
    climb.Up();
  }
  if (!climb.arrived()) return NotProven(what, "the proof is too short");
  if (old_root != old_head.root || root != head.root) return NotProven(what, "it leads to another root");
  return Ok();
}

Digest RootOfEntries(std::span<const Bytes> entries) {
  if (entries.empty()) return EmptyRoot();
  if (entries.size() == 1) return LeafHash(entries[0]);
  const uint64_t left_size = LeftSize(entries.size());
  return NodeHash(RootOfEntries(entries.first(left_size)), RootOfEntries(entries.subspan(left_size)));
}

}  // namespace lotmark::tlog
