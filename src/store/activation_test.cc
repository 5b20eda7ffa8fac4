#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <thread>

#include "store/testing/test_volume.h"

namespace lotmark::store {
namespace {

using testing::HasSubstr;

const ModelName kModel = Model("lesion_cnn");

class ActivationTest : public testing::Test {
 protected:
  void SetUp() override {
    for (const std::string version : {"v1", "v2", "v3"}) ASSERT_TRUE(disk_.Register(Sample(version)));
  }

  void ExpectUnchangedAfter(const std::function<Result<PointerMove>()>& attempt, const std::string& says) {
    const auto before = TreeOf(*disk_.Root());
    const auto result = attempt();
    ASSERT_FALSE(result) << "was not refused";
    EXPECT_THAT(result.error().text, HasSubstr(says));
    EXPECT_EQ(TreeOf(*disk_.Root()), before);
  }

  // Replaces a registered file's bytes, as damage on the disk would.
  void Damage(const std::string& path, const std::string& bytes) {
    std::filesystem::permissions(disk_.PathOf(path), std::filesystem::perms::owner_all);
    std::ofstream(disk_.PathOf(path), std::ios::binary | std::ios::trunc) << bytes;
  }

  std::vector<journal::Event> Events() { return disk_.volume->reader().History().value(); }

  TestVolume disk_;
};

TEST_F(ActivationTest, MovesThePointerAndRecordsWhoWhyAndFromWhere) {
  ASSERT_TRUE(disk_.Activate("v1"));
  const auto move = disk_.volume->Activate(kModel, V("v2"), "annual update", {}, {});
  ASSERT_TRUE(move) << move.error().text;
  EXPECT_EQ(move->outcome, MoveOutcome::kMoved);
  EXPECT_EQ(move->previous, V("v1"));
  EXPECT_EQ(move->manifest_sha256, Sha256Of(Sample("v2").ManifestBytes()));
  EXPECT_EQ(disk_.Active(), "v2");
  EXPECT_EQ(disk_.Root()->ReadLink("models/lesion_cnn/active").value(), "versions/v2");

  const std::vector<journal::Event> events = Events();
  const journal::Event& activating = events[events.size() - 2];
  const journal::Event& activated = events.back();
  EXPECT_EQ(activating.kind, journal::EventKind::kActivating);
  EXPECT_EQ(activated.kind, journal::EventKind::kActivated);
  EXPECT_EQ(activated.actor.name, "ada@test");
  EXPECT_EQ(activated.reason, "annual update");
  EXPECT_EQ(activated.previous, V("v1"));
  EXPECT_EQ(activated.manifest_sha256, move->manifest_sha256);
  EXPECT_EQ(activated.time, disk_.clock.now);
}

TEST_F(ActivationTest, MakesTheFileThatProgramsWithoutLotmarkRead) {
  EXPECT_FALSE(std::filesystem::exists(disk_.PathOf("model-manifest.json")));
  ASSERT_TRUE(disk_.Activate("v1"));
  const auto read = [&] {
    std::ifstream file(disk_.PathOf("model-manifest.json"), std::ios::binary);
    return std::string(std::istreambuf_iterator<char>(file), {});
  };
  EXPECT_EQ(read(), Sample("v1").ManifestBytes());
  ASSERT_TRUE(disk_.Activate("v2"));
  EXPECT_EQ(read(), Sample("v2").ManifestBytes());
}

TEST_F(ActivationTest, OfAnotherModelLeavesTheTopLinkAlone) {
  SampleVersion other = Sample("v1");
  other.model = "mole_mapper";
  ASSERT_TRUE(disk_.Register(other));
  ASSERT_TRUE(disk_.volume->Activate(Model("mole_mapper"), V("v1"), "a test", {}, {}));
  EXPECT_EQ(disk_.Active("mole_mapper"), "v1");
  EXPECT_EQ(disk_.Active(), "none");
  EXPECT_FALSE(disk_.Root()->Stat("model-manifest.json"));
}

TEST_F(ActivationTest, OfTheActiveVersionSaysSoWithoutEventOrCheck) {
  ASSERT_TRUE(disk_.Activate("v1"));
  const auto before = TreeOf(*disk_.Root());
  const auto again = disk_.Activate("v1", [](const OpenedVersion&) -> Status { return Refused("was called"); });
  ASSERT_TRUE(again) << again.error().text;
  EXPECT_EQ(again->outcome, MoveOutcome::kAlreadyActive);
  EXPECT_EQ(TreeOf(*disk_.Root()), before);
}

TEST_F(ActivationTest, IsRefusedWhenTheCheckRefuses) {
  ASSERT_TRUE(disk_.Activate("v1"));
  ExpectUnchangedAfter(
      [&] {
        return disk_.Activate("v2", [](const OpenedVersion& opened) -> Status {
          EXPECT_EQ(opened.version, V("v2"));
          EXPECT_TRUE(opened.folder->Stat("model.onnx"));
          return Refused("golden test: off by 0.4");
        });
      },
      "golden test: off by 0.4");
}

TEST_F(ActivationTest, IsRefusedWhenTheBytesAreNotAsRegistered) {
  const std::string folder = "models/lesion_cnn/versions/";
  std::string flipped = Sample("v1").weights;
  flipped[0] = static_cast<char>(flipped[0] ^ 0x10);
  Damage(folder + "v1/model.onnx", flipped);
  ExpectUnchangedAfter([&] { return disk_.Activate("v1"); }, "lesion_cnn/v1/model.onnx: wrong digest: ");
  Damage(folder + "v2/golden/case_1.png", "cut");
  ExpectUnchangedAfter([&] { return disk_.Activate("v2"); }, "golden/case_1.png");
  // A manifest that agrees with its files, but is not the one that was registered.
  SampleVersion forged = Sample("v3");
  forged.weights = "forged weights";
  Damage(folder + "v3/model.onnx", forged.weights);
  Damage(folder + "v3/model-manifest.json", forged.ManifestBytes());
  ExpectUnchangedAfter([&] { return disk_.Activate("v3"); }, "lesion_cnn/v3/model-manifest.json: wrong digest");
}

TEST_F(ActivationTest, IsRefusedForAnExtraFileInTheVersion) {
  disk_.MakeVersionsWritable();
  std::ofstream(disk_.PathOf("models/lesion_cnn/versions/v1/golden/extra.png")) << "x";
  ExpectUnchangedAfter([&] { return disk_.Activate("v1"); }, "golden/extra.png: unexpected");
}

TEST_F(ActivationTest, IsRefusedWithoutClassesAndPreprocessing) {
  SampleVersion plain = Sample("plain");
  plain.servable = false;
  ASSERT_TRUE(disk_.Register(plain));
  ExpectUnchangedAfter([&] { return disk_.Activate("plain"); }, "lacks classes, preprocessing");
}

TEST_F(ActivationTest, IsRefusedForWhatIsNotRegistered) {
  ExpectUnchangedAfter([&] { return disk_.Activate("v9"); }, "lesion_cnn v9 is not registered");
  disk_.MakeVersionsWritable();
  std::filesystem::copy(disk_.PathOf("models/lesion_cnn/versions/v1"), disk_.PathOf("models/lesion_cnn/versions/v8"),
                        std::filesystem::copy_options::recursive);
  ExpectUnchangedAfter([&] { return disk_.Activate("v8"); }, "lesion_cnn v8 is not registered");
}

TEST_F(ActivationTest, NeedsAReasonThatCanBeKept) {
  const std::string too_long(journal::Event::kMaxReasonBytes + 1, 'x');
  for (const std::string& reason : {std::string(), too_long, std::string("\xFF")}) {
    ExpectUnchangedAfter([&] { return disk_.volume->Activate(kModel, V("v1"), reason, {}, {}); }, "reason: ");
  }
}

TEST_F(ActivationTest, IsRefusedWhenACopyDereferencedThePointer) {
  ASSERT_TRUE(disk_.Activate("v1"));
  std::filesystem::remove(disk_.PathOf("models/lesion_cnn/active"));
  disk_.MakeVersionsWritable();
  std::filesystem::copy(disk_.PathOf("models/lesion_cnn/versions/v1"), disk_.PathOf("models/lesion_cnn/active"),
                        std::filesystem::copy_options::recursive);
  ExpectUnchangedAfter([&] { return disk_.Activate("v2"); }, "a copy has dereferenced it");
  ExpectUnchangedAfter([&] { return disk_.Rollback(); }, "a copy has dereferenced it");
  // As the hint says: away with it, and activate again.
  std::filesystem::rename(disk_.PathOf("models/lesion_cnn/active"), disk_.folder.PathOf("away"));
  const auto again = disk_.Activate("v1");
  ASSERT_TRUE(again) << again.error().text;
  EXPECT_EQ(again->outcome, MoveOutcome::kMoved);
  EXPECT_EQ(disk_.Active(), "v1");
}

TEST_F(ActivationTest, IsRefusedWhenThePointerLeadsElsewhere) {
  for (const std::string text : {"../../x", "versions/../v1", "/etc", "versions/v1/"}) {
    std::filesystem::remove(disk_.PathOf("models/lesion_cnn/active"));
    std::filesystem::create_symlink(text, disk_.PathOf("models/lesion_cnn/active"));
    ExpectUnchangedAfter([&] { return disk_.Activate("v1"); }, "'" + text + "', not of the form versions/<version>");
  }
}

TEST_F(ActivationTest, IsRefusedWhenSomethingLiesInPlaceOfTheTopLink) {
  std::ofstream(disk_.PathOf("model-manifest.json")) << "{}";
  ExpectUnchangedAfter([&] { return disk_.Activate("v1"); }, "model-manifest.json: is not a link");
}

TEST_F(ActivationTest, RollsBackOneFurtherEachTime) {
  for (const char* version : {"v1", "v2", "v3"}) ASSERT_TRUE(disk_.Activate(version));
  ASSERT_TRUE(disk_.Rollback());
  EXPECT_EQ(disk_.Active(), "v2");
  EXPECT_EQ(Events().back().kind, journal::EventKind::kRolledBack);
  ASSERT_TRUE(disk_.Rollback());
  EXPECT_EQ(disk_.Active(), "v1");
  ExpectUnchangedAfter([&] { return disk_.Rollback(); }, "no earlier version was active");
  ASSERT_TRUE(disk_.Activate("v3"));
  ASSERT_TRUE(disk_.Rollback());
  EXPECT_EQ(disk_.Active(), "v1");
}

TEST_F(ActivationTest, RollsBackToTheVersionNamed) {
  for (const char* version : {"v1", "v2", "v3"}) ASSERT_TRUE(disk_.Activate(version));
  ASSERT_TRUE(disk_.Rollback(V("v1")));
  EXPECT_EQ(disk_.Active(), "v1");
  ExpectUnchangedAfter([&] { return disk_.Rollback(V("v3")); }, "cannot roll back to lesion_cnn v3");
}

TEST_F(ActivationTest, RollbackVerifiesToo) {
  for (const char* version : {"v1", "v2"}) ASSERT_TRUE(disk_.Activate(version));
  Damage("models/lesion_cnn/versions/v1/model.onnx", std::string(Sample("v1").weights.size(), '?'));
  ExpectUnchangedAfter([&] { return disk_.Rollback(); }, "v1/model.onnx: wrong digest");
}

TEST_F(ActivationTest, TwoAtOnceHappenOneAfterTheOther) {
  constexpr int kRounds = 5;
  for (int round = 0; round < kRounds; ++round) {
    const size_t before = Events().size();
    const auto run = [&](const char* version) {
      const auto move = disk_.Open()->Activate(kModel, V(version), "a race", {}, {});
      EXPECT_TRUE(move) << move.error().text;
    };
    // v3 first, so that both have a move to make.
    ASSERT_TRUE(disk_.Activate("v3"));
    {
      const std::jthread one(run, "v1");
      const std::jthread two(run, "v2");
    }
    const std::vector<journal::Event> events = Events();
    ASSERT_EQ(events.size(), before + 6);
    EXPECT_EQ(events[before + 3].kind, journal::EventKind::kActivated);
    EXPECT_EQ(events[before + 5].kind, journal::EventKind::kActivated);
    EXPECT_EQ(events[before + 5].previous, events[before + 3].version);
    EXPECT_EQ(disk_.Active(), events.back().version->text());
  }
}

TEST_F(ActivationTest, RollbackIsRefusedWhenAnotherCommandMovedThePointerMeanwhile) {
  for (const char* version : {"v1", "v2"}) ASSERT_TRUE(disk_.Activate(version));
  const auto result = disk_.volume->Rollback(kModel, std::nullopt, "a test", [&](const OpenedVersion&) -> Status {
    EXPECT_TRUE(disk_.Activate("v3"));
    return Ok();
  });
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::kBusy);
  EXPECT_EQ(disk_.Active(), "v3");
}

TEST_F(ActivationTest, SaysBusyNamingTheLockWhenAnotherHoldsIt) {
  auto root = disk_.Root();
  const auto held = root->TryLock("lock");
  ASSERT_TRUE(held);
  VolumeOptions options = disk_.Options();
  options.lock_wait = std::chrono::milliseconds(60);
  const auto result = Volume::Open(disk_.Root(), options).value()->Activate(kModel, V("v1"), "a test", {}, {});
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::kBusy);
  EXPECT_THAT(result.error().text, HasSubstr("/volume/lock: busy"));
}

TEST_F(ActivationTest, WaitsForALockThatIsSoonFree) {
  auto root = disk_.Root();
  auto held = root->TryLock("lock").value();
  std::jthread release([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(80));
    held.reset();
  });
  EXPECT_TRUE(disk_.Activate("v1"));
}

}  // namespace
}  // namespace lotmark::store
