#include "store/status.h"

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>

#include "store/testing/test_volume.h"

namespace lotmark::store {
namespace {

using testing::HasSubstr;

const ModelName kModel = Model("lesion_cnn");

class StatusTest : public testing::Test {
 protected:
  VolumeStatus Status() { return ReadStatus(disk_.volume->reader()).value(); }
  std::vector<VersionSummary> List() { return ListRegistered(disk_.volume->reader(), kModel).value(); }

  TestVolume disk_;
};

TEST_F(StatusTest, OfANewVolumeNamesItsPrimaryModel) {
  const VolumeStatus status = Status();
  EXPECT_EQ(status.info.primary_model, kModel);
  EXPECT_EQ(status.events, 1U);
  EXPECT_FALSE(status.recovery_pending);
  ASSERT_EQ(status.models.size(), 1U);
  EXPECT_EQ(status.models[0].versions, 0U);
  EXPECT_FALSE(status.models[0].active);
  EXPECT_EQ(status.models[0].problem, "");
}

TEST_F(StatusTest, SaysWhatIsActiveSinceWhenAndWhereARollbackGoes) {
  for (const std::string version : {"v1", "v2"}) ASSERT_TRUE(disk_.Register(Sample(version)));
  ASSERT_TRUE(disk_.Activate("v1"));
  disk_.clock.now += std::chrono::hours(1);
  ASSERT_TRUE(disk_.Activate("v2"));
  SampleVersion other = Sample("v1");
  other.model = "a_first_by_name";
  ASSERT_TRUE(disk_.Register(other));

  const VolumeStatus status = Status();
  ASSERT_EQ(status.models.size(), 2U);
  const ModelStatus& primary = status.models[0];
  EXPECT_EQ(primary.model, kModel);
  EXPECT_EQ(primary.versions, 2U);
  EXPECT_EQ(primary.active, V("v2"));
  EXPECT_EQ(primary.active_manifest_sha256, Sha256Of(Sample("v2").ManifestBytes()));
  ASSERT_TRUE(primary.active_event);
  EXPECT_EQ(primary.active_event->time, disk_.clock.now);
  EXPECT_EQ(primary.rollback_target, V("v1"));
  EXPECT_EQ(primary.problem, "");
}

TEST_F(StatusTest, NamesAPointerThatWasMovedByHand) {
  for (const std::string version : {"v1", "v2"}) ASSERT_TRUE(disk_.Register(Sample(version)));
  ASSERT_TRUE(disk_.Activate("v1"));
  std::filesystem::remove(disk_.PathOf("models/lesion_cnn/active"));
  std::filesystem::create_symlink("versions/v2", disk_.PathOf("models/lesion_cnn/active"));
  const ModelStatus model = Status().models[0];
  EXPECT_EQ(model.active, V("v2"));
  EXPECT_FALSE(model.active_event);
  EXPECT_THAT(model.problem, HasSubstr("the pointer names v2, the last event says v1"));
}

TEST_F(StatusTest, ReportsRecoveryPendingWhileAnIntentIsOpen) {
  ASSERT_TRUE(disk_.Register(Sample("v1")));
  ASSERT_TRUE(disk_.LeaveIntent(journal::EventKind::kActivating, "v1"));
  EXPECT_TRUE(Status().recovery_pending);
  ASSERT_TRUE(disk_.volume->Recover());
  EXPECT_FALSE(Status().recovery_pending);
  EXPECT_EQ(disk_.Events(), "volume_created registering registered activating recovered");
  EXPECT_EQ(List().size(), 1U);
}

TEST_F(StatusTest, ListsVersionsWithTheirState) {
  for (const std::string version : {"v1", "v2", "v3"}) ASSERT_TRUE(disk_.Register(Sample(version)));
  ASSERT_TRUE(disk_.Activate("v1"));
  ASSERT_TRUE(disk_.Activate("v2"));
  const auto list = List();
  ASSERT_EQ(list.size(), 3U);
  EXPECT_EQ(list[0].state, journal::VersionState::kRetired);
  EXPECT_EQ(list[1].state, journal::VersionState::kActive);
  EXPECT_EQ(list[2].state, journal::VersionState::kRegistered);
  EXPECT_EQ(list[0].version, V("v1"));
  EXPECT_EQ(list[0].manifest_sha256, Sha256Of(Sample("v1").ManifestBytes()));
  EXPECT_EQ(list[0].export_date, "2026-02-21");
  EXPECT_EQ(list[0].accuracy.at("top1"), 0.75);
  EXPECT_EQ(list[0].formats, std::vector<std::string>{"onnx"});
  EXPECT_EQ(list[0].bytes, Sample("v1").weights.size());
  EXPECT_EQ(list[0].registered_by.name, "ada@test");
  EXPECT_EQ(list[0].problem, "");
}

TEST_F(StatusTest, ListsAVersionWhoseManifestIsDamaged) {
  ASSERT_TRUE(disk_.Register(Sample("v1")));
  const std::string path = disk_.PathOf("models/lesion_cnn/versions/v1/model-manifest.json");
  std::filesystem::permissions(path, std::filesystem::perms::owner_all);
  std::ofstream(path, std::ios::trunc) << "{";
  EXPECT_THAT(List()[0].problem, HasSubstr("lesion_cnn/v1/model-manifest.json"));
  SampleVersion other = Sample("v1");
  other.weights = "other";
  std::ofstream(path, std::ios::trunc) << other.ManifestBytes();
  EXPECT_THAT(List()[0].problem, HasSubstr("is not the manifest that was registered"));
}

TEST_F(StatusTest, KnowsNothingOfAModelThatIsNotThere) {
  EXPECT_TRUE(ListRegistered(disk_.volume->reader(), Model("unknown")).value().empty());
}

}  // namespace
}  // namespace lotmark::store
