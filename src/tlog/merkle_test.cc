#include "tlog/merkle.h"

#include <gtest/gtest.h>

#include <string>

namespace lotmark::tlog {
namespace {

std::vector<Digest> Leaves(uint64_t count) {
  std::vector<Digest> leaves;
  for (uint64_t i = 0; i < count; ++i) leaves.push_back(LeafHash(AsBytes("entry " + std::to_string(i))));
  return leaves;
}

// MTH of RFC 6962 section 2.1, word by word.
Digest NaiveRoot(const std::vector<Digest>& leaves) {
  if (leaves.empty()) return Sha256Of("");
  if (leaves.size() == 1) return leaves.front();
  size_t k = 1;
  while (2 * k < leaves.size()) k *= 2;
  const auto middle = leaves.begin() + static_cast<ptrdiff_t>(k);
  return NodeHash(NaiveRoot({leaves.begin(), middle}), NaiveRoot({middle, leaves.end()}));
}

class Nodes : public NodeReader {
 public:
  explicit Nodes(std::vector<Digest> leaves) : leaves_(std::move(leaves)) {}
  Result<Digest> ReadNode(int level, uint64_t index) override {
    const auto first = leaves_.begin() + static_cast<ptrdiff_t>(index << level);
    return NaiveRoot({first, first + (ptrdiff_t{1} << level)});
  }

 private:
  std::vector<Digest> leaves_;
};

constexpr uint64_t kMost = 40;

TreeHead HeadOf(uint64_t size) { return {size, NaiveRoot(Leaves(size))}; }

TEST(Merkle, HashesAsTheRfcSays) {
  // printf '\0' | sha256sum
  EXPECT_EQ(LeafHash({}).hex(), "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d");
  EXPECT_EQ(EmptyRoot().hex(), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  const Digest left = LeafHash(AsBytes("a"));
  EXPECT_EQ(NodeHash(left, LeafHash({})),
            Sha256Of("\x01" + std::string(AsText(left.bytes())) + std::string(AsText(LeafHash({}).bytes()))));
}

TEST(Merkle, FindsTheRootOfEverySize) {
  Nodes nodes(Leaves(kMost));
  for (uint64_t size = 0; size <= kMost; ++size) EXPECT_EQ(RootOf(size, nodes).value(), HeadOf(size).root) << size;
}

// Each proof holds for what it proves and for nothing near it.
TEST(Merkle, ProvesInclusionOfEveryLeafInEverySize) {
  const auto leaves = Leaves(kMost);
  Nodes nodes(leaves);
  for (uint64_t size = 1; size <= kMost; ++size) {
    const TreeHead head = HeadOf(size);
    for (uint64_t index = 0; index < size; ++index) {
      const Proof proof = ProveInclusion(index, size, nodes).value();
      EXPECT_TRUE(CheckInclusion(proof, index, leaves[index], head)) << index << " of " << size;
      EXPECT_FALSE(CheckInclusion(proof, index, leaves[(index + 1) % kMost], head));
      EXPECT_FALSE(CheckInclusion(proof, size, leaves[index], head));
      if (index + 1 < size) {
        EXPECT_FALSE(CheckInclusion(proof, index + 1, leaves[index], head));
      }
      for (size_t i = 0; i < proof.size(); ++i) {
        Proof changed = proof;
        changed[i] = LeafHash(AsBytes("forged"));
        EXPECT_FALSE(CheckInclusion(changed, index, leaves[index], head));
      }
      Proof longer = proof;
      longer.push_back(head.root);
      EXPECT_FALSE(CheckInclusion(longer, index, leaves[index], head));
      if (proof.empty()) continue;
      EXPECT_FALSE(CheckInclusion({proof.begin(), proof.end() - 1}, index, leaves[index], head));
    }
  }
  EXPECT_EQ(ProveInclusion(5, 5, nodes).error().code, ErrorCode::kRefused);
}

TEST(Merkle, ProvesConsistencyOfEveryPairOfSizes) {
  Nodes nodes(Leaves(kMost));
  const Digest forged = LeafHash(AsBytes("forged"));
  for (uint64_t size = 0; size <= kMost; ++size) {
    const TreeHead head = HeadOf(size);
    for (uint64_t old_size = 0; old_size <= size; ++old_size) {
      const TreeHead old_head = HeadOf(old_size);
      const Proof proof = ProveConsistency(old_size, size, nodes).value();
      EXPECT_TRUE(CheckConsistency(proof, old_head, head)) << old_size << " in " << size;
      EXPECT_FALSE(CheckConsistency(proof, {old_size, forged}, head));
      if (old_size > 0) {
        EXPECT_FALSE(CheckConsistency(proof, old_head, {size, forged}));
      }
      Proof longer = proof;
      longer.push_back(forged);
      EXPECT_FALSE(CheckConsistency(longer, old_head, head));
      for (size_t i = 0; i < proof.size(); ++i) {
        Proof changed = proof;
        changed[i] = forged;
        EXPECT_FALSE(CheckConsistency(changed, old_head, head));
        EXPECT_FALSE(CheckConsistency({proof.begin(), proof.begin() + static_cast<ptrdiff_t>(i)}, old_head, head));
      }
    }
  }
  EXPECT_EQ(ProveConsistency(6, 5, nodes).error().code, ErrorCode::kRefused);
  EXPECT_FALSE(CheckConsistency({}, HeadOf(6), HeadOf(5)));
}

}  // namespace
}  // namespace lotmark::tlog
