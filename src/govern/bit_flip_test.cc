// One flipped bit, anywhere in what a volume keeps for good, is found by the verification that `lotmark verify` runs.
//
// Flips are made in the files of a real volume, one at a time, and undone. How many: 1,000, or as many as LOTMARK_FLIPS
// says; LOTMARK_SEED chooses others (the seed is printed).
#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <random>

#include "approval/signed_approval.h"
#include "fs/unique_fd.h"
#include "govern/approvals.h"
#include "govern/evidence.h"
#include "govern/policy_in_force.h"
#include "policy/testing/samples.h"
#include "store/journal_verification.h"
#include "store/testing/test_volume.h"
#include "store/verification.h"

namespace lotmark::govern {
namespace {

using namespace store;  // the commands are its

namespace stdfs = std::filesystem;

constexpr size_t kDefaultFlips = 1000;
constexpr size_t kShown = 10;  // of flips that were not found

// True when the damage is found by what opens the volume anew, as a command does.
bool VerifyFinds(const std::string& volume) {
  auto root = fs::OpenPosixDir(volume);
  if (!root) return true;
  const auto reader = Reader::Open(*std::move(root));
  if (!reader) return true;
  const auto report = Verify(**reader, {});
  return !report || !report->ok();
}

// As `lotmark journal verify` looks.
bool JournalVerifyFinds(const std::string& volume) {
  auto root = fs::OpenPosixDir(volume);
  if (!root) return true;
  const auto reader = Reader::Open(*std::move(root));
  if (!reader) return true;
  const auto report = VerifyJournal(**reader);
  return !report || !report->ok();
}

// What is kept for good, by the beginning of its path, and which verification must find damage in it.
// A new kind of file is one more line.
struct Kept {
  std::string_view begins;
  std::string_view ends;
  std::string_view name;
  bool (*finds)(const std::string& volume);
};
constexpr Kept kKept[] = {
    {"models/", "/model-manifest.json", "manifests", VerifyFinds},
    {"models/", ".onnx", "artifacts", VerifyFinds},
    {"models/", ".png", "golden images", VerifyFinds},
    {"models/lesion_cnn/evidence/", ".json", "approvals and evidence", VerifyFinds},
    {"policies/", ".json", "policies and their approvals", VerifyFinds},
    {"journal/", "", "journal", JournalVerifyFinds},
    {"volume.json", "", "volume.json", VerifyFinds},
};

// In these no verification promises to find every flipped bit.
constexpr std::string_view kLeftOut[] = {"lock"};

struct Target {
  std::string path;
  const Kept* kept;
};

uint64_t FromEnvironment(const char* name, uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

class BitFlipTest : public testing::Test {
 protected:
  void SetUp() override {
    for (const std::string version : {"v1", "v2", "v3"}) {
      SampleVersion sample = Sample(version);
      sample.weights = std::string(4096, version[1]);
      ASSERT_TRUE(disk_.Register(sample));
      ASSERT_TRUE(disk_.Activate(version));
    }
    AddFacts();
    for (const auto& entry : stdfs::recursive_directory_iterator(disk_.path())) {
      if (entry.is_symlink() || !entry.is_regular_file()) continue;
      const std::string path = stdfs::relative(entry.path(), disk_.path());
      const Kept* kept = KindOf(path);
      ASSERT_TRUE(kept != nullptr || IsLeftOut(path)) << path << ": which verification finds damage in it?";
      if (kept != nullptr) targets_[kept->name].push_back({path, kept});
    }
  }

  // Evidence, a policy, and approvals of a version and of a policy.
  void AddFacts() {
    const ModelName model = Model("lesion_cnn");
    const store::Workplace place = disk_.volume->Place();
    ASSERT_TRUE(AddEvidence(place, model, V("v3"), "golden_result", "{\"passed\":true}"));
    const policy::testing::Person ada = policy::testing::MakePerson("Ada Lovelace");
    ASSERT_TRUE(SetPolicy(place, policy::testing::PolicyOf({ada}, Json{{"approvals", 1}}).bytes(), "a test"));
    const auto history = journal::FoldEvents(disk_.volume->reader().History().value()).value();
    const auto request = RequestFor(disk_.volume->reader().info(), history, model, V("v3")).value();
    const auto approval =
        approval::Approval::Sign({ada.name, disk_.clock.now, "I approve", request}, ada.keys[0]).value();
    ASSERT_TRUE(ImportApproval(place, approval.bytes()));
    const auto proposed = policy::testing::PolicyOf({ada}, Json{{"approvals", 0}});
    const auto change = RequestFor(disk_.volume->reader().info(), history, proposed);
    const auto of_policy =
        approval::Approval::Sign({ada.name, disk_.clock.now, "I approve", change}, ada.keys[0]).value();
    ASSERT_TRUE(ImportApproval(place, of_policy.bytes()));
  }

  static const Kept* KindOf(const std::string& path) {
    for (const Kept& kept : kKept) {
      if (path.starts_with(kept.begins) && path.ends_with(kept.ends)) return &kept;
    }
    return nullptr;
  }

  static bool IsLeftOut(const std::string& path) {
    return std::any_of(std::begin(kLeftOut), std::end(kLeftOut),
                       [&](std::string_view begins) { return path.starts_with(begins); });
  }

  // Flips it in place; a second time undoes it.
  void Flip(const std::string& path, uint64_t bit) {
    const std::string whole = disk_.PathOf(path);
    stdfs::permissions(whole, stdfs::perms::owner_read | stdfs::perms::owner_write);
    const fs::UniqueFd file(::open(whole.c_str(), O_RDWR | O_CLOEXEC));
    char byte = 0;
    ASSERT_EQ(::pread(file.get(), &byte, 1, static_cast<off_t>(bit / 8)), 1);
    byte = static_cast<char>(byte ^ (1 << (bit % 8)));
    ASSERT_EQ(::pwrite(file.get(), &byte, 1, static_cast<off_t>(bit / 8)), 1);
  }

  TestVolume disk_{"lesion_cnn", policy::DefaultPolicyBytes()};
  std::map<std::string_view, std::vector<Target>> targets_;  // by kind
};

TEST_F(BitFlipTest, EveryFlippedBitIsFound) {
  const uint64_t flips = FromEnvironment("LOTMARK_FLIPS", kDefaultFlips);
  const uint64_t seed = FromEnvironment("LOTMARK_SEED", 1);
  std::mt19937_64 generator(seed);
  ASSERT_EQ(targets_.size(), std::size(kKept));

  size_t found = 0;
  std::map<std::string_view, size_t> by_kind;
  for (uint64_t i = 0; i < flips; ++i) {
    const auto& [name, files] = *std::next(targets_.begin(), static_cast<ptrdiff_t>(i % targets_.size()));
    const Target& target = files[generator() % files.size()];
    const uint64_t bit = generator() % (stdfs::file_size(disk_.PathOf(target.path)) * 8);
    Flip(target.path, bit);
    if (target.kept->finds(disk_.path())) {
      ++found;
    } else if (i - found < kShown) {
      ADD_FAILURE() << target.path << ": nobody finds that bit " << bit << " is flipped";
    }
    Flip(target.path, bit);
    ++by_kind[name];
  }
  for (const Kept& kept : kKept) EXPECT_FALSE(kept.finds(disk_.path())) << kept.name << ": found without a flip";
  for (const auto& [name, count] : by_kind) std::cout << name << ": " << count << "\n";
  std::cout << flips << " bit flips, " << found << " found (seed " << seed << ")\n";
  EXPECT_EQ(found, flips);
}

}  // namespace
}  // namespace lotmark::govern
