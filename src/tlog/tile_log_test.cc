#include "tlog/tile_log.h"

#include <gtest/gtest.h>

#include <functional>
#include <iostream>

#include "fs/file_ops.h"
#include "fs/testing/mem_fs.h"
#include "tlog/tile.h"

namespace lotmark::tlog {
namespace {

constexpr char kOrigin[] = "derm-models/test";

Bytes Entry(uint64_t index) {
  const std::string text = "{\"index\":" + std::to_string(index) + "}\n";
  return {text.begin(), text.end()};
}
std::vector<Bytes> Entries(uint64_t begin, uint64_t end) {
  std::vector<Bytes> entries;
  for (uint64_t i = begin; i < end; ++i) entries.push_back(Entry(i));
  return entries;
}

// Every file beneath a folder, by path.
void ForEachFile(fs::Dir& root, const std::string& path, const std::function<void(const std::string&)>& visit) {
  const auto folder = path.empty() ? nullptr : root.OpenDir(path).value();
  for (const fs::Entry& entry : (folder == nullptr ? root : *folder).List().value()) {
    const std::string below = path.empty() ? entry.name : path + "/" + entry.name;
    entry.kind == fs::EntryKind::kFolder ? ForEachFile(root, below, visit) : visit(below);
  }
}

class TileLogTest : public testing::Test {
 protected:
  void Start(uint64_t size) {
    ASSERT_TRUE(TileLog::Create(*root_, kOrigin, key_));
    auto log = TileLog::Open(*root_, verifier_);
    ASSERT_TRUE(log);
    ASSERT_TRUE(log->Append(Entries(0, size), key_));
  }
  // "" when the log holds the first `size` entries, all is verified, and only wanted files are there.
  std::string Check(fs::Dir& root, uint64_t size) {
    auto log = TileLog::Open(root, verifier_);
    if (!log) return log.error().text;
    if (log->head().size != size) return "size " + std::to_string(log->head().size);
    auto entries = log->ReadAll();
    if (!entries) return entries.error().text;
    if (*entries != Entries(0, size)) return "other entries";
    auto wrong = log->Verify();
    if (!wrong) return wrong.error().text;
    return wrong->empty() ? "" : wrong->front();
  }
  void Replace(const std::string& path, const Bytes& bytes) {
    const size_t slash = path.rfind('/');
    const auto folder = slash == std::string::npos ? machine_.Root() : root_->OpenDir(path.substr(0, slash)).value();
    ASSERT_TRUE(fs::WriteFileAtomic(*folder, path.substr(slash + 1), bytes, fs::IfExists::kReplace));
  }

  fs::MemFs machine_;
  std::unique_ptr<fs::Dir> root_ = machine_.Root();
  const PrivateKey key_ = PrivateKey::Generate();
  const NoteVerifier verifier_{kOrigin, key_.public_key()};
};

TEST_F(TileLogTest, HoldsWhatWasAppendedOneByOneAcrossTheEndOfATile) {
  Start(0);
  auto log = TileLog::Open(*root_, verifier_).value();
  for (uint64_t size = 0; size < 260; ++size) {
    ASSERT_TRUE(log.Append({Entry(size)}, key_));
    if (size < 3 || size > 253) {
      ASSERT_EQ(Check(*root_, size + 1), "") << size;
    }
  }
  std::vector<std::string> files;
  ForEachFile(*root_, "", [&](const std::string& path) { files.push_back(path); });
  EXPECT_EQ(files, (std::vector<std::string>{"checkpoint", "tile/0/000", "tile/0/001.p/4", "tile/1/000.p/1",
                                             "tile/entries/000", "tile/entries/001.p/4"}));
}

TEST_F(TileLogTest, GrowsInTheSameWayWhateverTheSteps) {
  for (const uint64_t size : {1, 255, 256, 257, 1000, 70'000}) {
    fs::MemFs machine;
    const auto root = machine.Root();
    ASSERT_TRUE(TileLog::Create(*root, kOrigin, key_));
    auto log = TileLog::Open(*root, verifier_).value();
    const uint64_t first = size / 3;
    ASSERT_TRUE(log.Append(Entries(0, first), key_));
    const TreeHead before = log.head();
    ASSERT_TRUE(log.Append(Entries(first, size), key_));
    ASSERT_EQ(Check(*root, size), "") << size;
    EXPECT_TRUE(CheckConsistency(log.ProveConsistency(first).value(), before, log.head()));
    for (const uint64_t index : {uint64_t{0}, size / 2, size - 1}) {
      EXPECT_TRUE(CheckInclusion(log.ProveInclusion(index).value(), index, LeafHash(Entry(index)), log.head()));
    }
  }
}

TEST_F(TileLogTest, FindsEveryChangedByteOfEveryFile) {
  Start(258);
  std::vector<std::string> files;
  ForEachFile(*root_, "", [&](const std::string& path) { files.push_back(path); });
  for (const std::string& path : files) {
    const Bytes good = fs::ReadWholeFile(*root_, path, 1 << 20).value();
    for (size_t i = 0; i<good.size(); i += good.size()> 1000 ? 61 : 1) {
      Bytes changed = good;
      changed[i] ^= 0x10;
      Replace(path, changed);
      ASSERT_NE(Check(*root_, 258), "") << path << " byte " << i;
    }
    Replace(path, good);
    ASSERT_TRUE(root_->RemoveFile(path));
    ASSERT_NE(Check(*root_, 258), "") << path;
    Replace(path, good);
  }
  EXPECT_EQ(Check(*root_, 258), "");
}

TEST_F(TileLogTest, BuildsOnNothingThatWasNotSigned) {
  Start(3);
  Replace("tile/entries/000.p/3", FormatEntryBundle({Entry(0), Entry(7), Entry(2)}));
  auto log = TileLog::Open(*root_, verifier_).value();
  EXPECT_EQ(log.Append({Entry(3)}, key_).error().code, ErrorCode::kRefused);
  EXPECT_FALSE(log.ReadAll());
  Replace("tile/entries/000.p/3", FormatEntryBundle(Entries(0, 3)));
  Replace("tile/0/000.p/3", FormatTile({LeafHash(Entry(0)), LeafHash(Entry(7)), LeafHash(Entry(2))}));
  EXPECT_EQ(log.Append({Entry(3)}, key_).error().code, ErrorCode::kRefused);
  EXPECT_FALSE(log.ProveInclusion(0));
  EXPECT_FALSE(log.ProveConsistency(1));
}

TEST_F(TileLogTest, RefusesAnotherLogAnotherKeyAndASecondBeginning) {
  EXPECT_EQ(TileLog::Open(*root_, verifier_).error().code, ErrorCode::kNotFound);
  Start(1);
  EXPECT_EQ(TileLog::Create(*root_, kOrigin, key_).error().code, ErrorCode::kConflict);
  const PrivateKey other = PrivateKey::Generate();
  EXPECT_FALSE(TileLog::Open(*root_, NoteVerifier(kOrigin, other.public_key())));
  EXPECT_FALSE(TileLog::Open(*root_, NoteVerifier("derm-models/other", key_.public_key())));
  auto log = TileLog::Open(*root_, verifier_).value();
  EXPECT_FALSE(log.Append({Entry(1)}, other));
  EXPECT_EQ(log.Append(std::vector<Bytes>{Bytes(kMaxEntryBytes + 1)}, key_).error().code, ErrorCode::kTooLarge);
  EXPECT_EQ(Check(*root_, 1), "");
}

// Dies at every operation of an append, in every way a machine can crash; then recovers and goes on.
TEST_F(TileLogTest, HoldsOldOrNewWhereverAnAppendDies) {
  const struct { uint64_t size, added; } cases[] = {{0, 1}, {1, 3}, {254, 3}, {255, 1}, {256, 1}};
  for (const auto& [size, added] : cases) {
    bool acknowledged = false;
    size_t deaths = 0;
    for (uint64_t n = 0; !acknowledged; ++n) {
      fs::MemFs machine;
      const auto root = machine.Root();
      ASSERT_TRUE(TileLog::Create(*root, kOrigin, key_));
      auto log = TileLog::Open(*root, verifier_).value();
      ASSERT_TRUE(log.Append(Entries(0, size), key_));
      machine.FailAfter(n);
      acknowledged = log.Append(Entries(size, size + added), key_).has_value() && !machine.dead();
      for (const fs::CrashMode mode : fs::kAllCrashModes) {
        const auto after = machine.Crash(mode);
        const auto disk = after->Root();
        auto survivor = TileLog::Open(*disk, verifier_);
        ASSERT_TRUE(survivor) << survivor.error().text;
        const uint64_t now = survivor->head().size;
        ASSERT_TRUE(now == size + added || (now == size && !acknowledged)) << now << " at operation " << n;
        ASSERT_EQ(Check(*disk, now), "") << "operation " << n;
        ASSERT_TRUE(survivor->Recover());
        ASSERT_EQ(Check(*disk, now), "") << "operation " << n;
        ASSERT_TRUE(survivor->Append(Entries(now, size + 5), key_));
        ASSERT_EQ(Check(*disk, size + 5), "") << "operation " << n;
        ++deaths;
      }
    }
    std::cout << size << " + " << added << " entries: " << deaths << " deaths\n";
  }
}

TEST_F(TileLogTest, RecoverRemovesWhatIsNotTheLogsAndNothingElse) {
  Start(2);
  Replace("tile/0/000.p/1", {});
  ASSERT_TRUE(fs::MakeDirs(*root_, "tile/entries/x001"));
  Replace("tile/entries/x001/000", {});
  Replace("tile/entries/000", {});
  Replace("tile/README", {});
  ASSERT_TRUE(TileLog::Open(*root_, verifier_)->Recover());
  std::vector<std::string> files;
  ForEachFile(*root_, "", [&](const std::string& path) { files.push_back(path); });
  EXPECT_EQ(files, (std::vector<std::string>{"checkpoint", "tile/0/000.p/2", "tile/README", "tile/entries/000.p/2"}));
  EXPECT_EQ(Check(*root_, 2), "");
}

}  // namespace
}  // namespace lotmark::tlog
