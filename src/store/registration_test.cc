#include <gmock/gmock.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <filesystem>
#include <fstream>

#include "store/testing/test_volume.h"

namespace lotmark::store {
namespace {

using testing::HasSubstr;

class RegistrationTest : public testing::Test {
 protected:
  // The volume is as it was: nothing half-written, no event.
  void ExpectUnchangedAfter(const std::function<Result<Registration>()>& attempt, const std::string& says) {
    const auto before = TreeOf(*disk_.Root());
    const auto result = attempt();
    ASSERT_FALSE(result) << "was not refused";
    EXPECT_THAT(result.error().text, HasSubstr(says));
    EXPECT_EQ(TreeOf(*disk_.Root()), before);
  }

  // Registers `sample` from a folder in which `spoil` changed something.
  void ExpectRefused(const std::function<void(const std::string& folder)>& spoil, const std::string& says) {
    const SampleVersion sample = Sample("2023-v1");
    const auto source = disk_.SourceOf(sample);
    spoil(disk_.LastSourcePath());
    ExpectUnchangedAfter([&] { return disk_.volume->Register(*source, sample.ManifestBytes()); }, says);
  }

  TestVolume disk_;
};

TEST_F(RegistrationTest, KeepsManifestAndFilesByteForByte) {
  const SampleVersion sample = Sample("2023-v1");
  const auto done = disk_.Register(sample);
  ASSERT_TRUE(done) << done.error().text;
  EXPECT_EQ(done->outcome, RegisterOutcome::kRegistered);
  EXPECT_EQ(done->manifest_sha256, Sha256Of(sample.ManifestBytes()));

  auto folder = disk_.Root()->OpenDir("models/lesion_cnn/versions/2023-v1").value();
  const std::map<std::string, std::string> expected = {
      {"golden", "folder"},
      {"golden/case_1.png", "file: " + sample.Files().at("golden/case_1.png")},
      {"model-manifest.json", "file: " + sample.ManifestBytes()},
      {"model.onnx", "file: " + sample.weights}};
  EXPECT_EQ(TreeOf(*folder), expected);
  EXPECT_EQ(disk_.Events(), "volume_created registering registered");
  EXPECT_TRUE(disk_.Root()->OpenDir("staging").value()->List().value().empty());
  EXPECT_EQ(disk_.Active(), "none");
}

TEST_F(RegistrationTest, MakesTheVersionReadOnly) {
  ASSERT_TRUE(disk_.Register(Sample("2023-v1")));
  const auto mode = [&](const std::string& path) {
    struct stat info;
    EXPECT_EQ(::stat(disk_.PathOf("models/lesion_cnn/versions/2023-v1" + path).c_str(), &info), 0);
    return info.st_mode & 07777;
  };
  EXPECT_EQ(mode(""), 0555U);
  EXPECT_EQ(mode("/golden"), 0555U);
  EXPECT_EQ(mode("/model.onnx"), 0444U);
  EXPECT_EQ(mode("/golden/case_1.png"), 0444U);
  EXPECT_EQ(mode("/model-manifest.json"), 0444U);
}

TEST_F(RegistrationTest, SaysSoWhenTheSameBytesAreRegistered) {
  ASSERT_TRUE(disk_.Register(Sample("2023-v1")));
  const auto before = TreeOf(*disk_.Root());
  const auto again = disk_.Register(Sample("2023-v1"));
  ASSERT_TRUE(again) << again.error().text;
  EXPECT_EQ(again->outcome, RegisterOutcome::kAlreadyRegistered);
  EXPECT_EQ(TreeOf(*disk_.Root()), before);
}

TEST_F(RegistrationTest, RefusesOtherBytesUnderATakenId) {
  ASSERT_TRUE(disk_.Register(Sample("2023-v1")));
  SampleVersion other = Sample("2023-v1");
  other.weights = "other weights";
  ExpectUnchangedAfter([&] { return disk_.Register(other); }, "is registered with another manifest");
  ExpectUnchangedAfter([&] { return disk_.Register(Sample("2023-V1")); }, "differs only in case");
}

TEST_F(RegistrationTest, NeverReusesAnIdAlsoWhenItsFolderIsGone) {
  ASSERT_TRUE(disk_.Register(Sample("2023-v1")));
  disk_.MakeVersionsWritable();
  std::filesystem::remove_all(disk_.PathOf("models/lesion_cnn/versions/2023-v1"));
  SampleVersion other = Sample("2023-v1");
  other.weights = "other weights";
  ExpectUnchangedAfter([&] { return disk_.Register(other); }, "is registered with another manifest");
}

TEST_F(RegistrationTest, KeepsSeveralModels) {
  ASSERT_TRUE(disk_.Register(Sample("2023-v1")));
  SampleVersion other = Sample("2023-v1");
  other.model = "mole_mapper";
  ASSERT_TRUE(disk_.Register(other));
  const auto models = disk_.volume->reader().ListModels();
  ASSERT_TRUE(models);
  EXPECT_EQ(*models, (std::vector{Model("lesion_cnn"), Model("mole_mapper")}));
  other.model = "Mole_Mapper";
  ExpectUnchangedAfter([&] { return disk_.Register(other); }, "model_name: Mole_Mapper: differs only in case");
}

TEST_F(RegistrationTest, RefusesFilesThatAreNotAsTheManifestSays) {
  const auto write = [](const std::string& path, const std::string& bytes) {
    std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
  };
  const std::string weights = Sample("2023-v1").weights;
  std::string flipped = weights;
  flipped[3] = static_cast<char>(flipped[3] ^ 1);

  ExpectRefused([&](const std::string& folder) { write(folder + "/model.onnx", flipped); },
                "formats.onnx: model.onnx: digest differs: expected " + Sha256Of(weights).hex() + ", found " +
                    Sha256Of(flipped).hex());
  ExpectRefused([&](const std::string& folder) { write(folder + "/model.onnx", weights + "!"); },
                "formats.onnx: model.onnx: size differs: expected " + std::to_string(weights.size()) +
                    " bytes, found " + std::to_string(weights.size() + 1));
  ExpectRefused([&](const std::string& folder) { write(folder + "/model.onnx", ""); }, "size differs");
  ExpectRefused([&](const std::string& folder) { write(folder + "/golden/case_1.png", "another picture"); },
                "golden/case_1.png: digest differs");
}

TEST_F(RegistrationTest, RefusesWhatIsNoPlainFile) {
  using std::filesystem::remove;
  ExpectRefused([&](const std::string& folder) { remove(folder + "/model.onnx"); }, "model.onnx");
  ExpectRefused(
      [&](const std::string& folder) {
        std::filesystem::rename(folder + "/model.onnx", folder + "/real.onnx");
        std::filesystem::create_symlink("real.onnx", folder + "/model.onnx");
      },
      "model.onnx");
  ExpectRefused(
      [&](const std::string& folder) {
        std::filesystem::rename(folder + "/golden", folder + "/real");
        std::filesystem::create_symlink("real", folder + "/golden");
      },
      "golden");
  ExpectRefused(
      [&](const std::string& folder) {
        remove(folder + "/model.onnx");
        ASSERT_EQ(::mkfifo((folder + "/model.onnx").c_str(), 0600), 0);
      },
      "model.onnx");
  ExpectRefused(
      [&](const std::string& folder) {
        remove(folder + "/model.onnx");
        std::filesystem::create_directory(folder + "/model.onnx");
      },
      "model.onnx");
}

TEST_F(RegistrationTest, RefusesADeviceAsArtifact) {
  const SampleVersion sample = Sample("2023-v1");
  const auto source = disk_.SourceOf(sample);
  const std::string path = disk_.LastSourcePath() + "/model.onnx";
  std::filesystem::remove(path);
  if (::mknod(path.c_str(), S_IFCHR | 0666, makedev(1, 5)) != 0) GTEST_SKIP() << "may not make a device here";
  ExpectUnchangedAfter([&] { return disk_.volume->Register(*source, sample.ManifestBytes()); }, "model.onnx");
}

TEST_F(RegistrationTest, RefusesPathsThatLeaveTheFolder) {
  const SampleVersion sample = Sample("2023-v1");
  for (const std::string path : {"../model.onnx", "/etc/passwd", "a/../../model.onnx", "model-manifest.json"}) {
    std::string manifest = sample.ManifestBytes();
    const size_t at = manifest.find("model.onnx");
    manifest.replace(at, std::string("model.onnx").size(), path);
    ExpectUnchangedAfter([&] { return disk_.volume->Register(*disk_.SourceOf(sample), manifest); },
                         "formats.onnx.path");
  }
}

TEST_F(RegistrationTest, RefusesAnIncompleteManifestNamingFieldsAndCommand) {
  const SampleVersion sample = Sample("2023-v1");
  std::string manifest = sample.ManifestBytes();
  const std::string digest = "\"sha256\": \"" + Sha256Of(sample.weights).hex() + "\", ";
  manifest.erase(manifest.find(digest), digest.size());
  const auto result = disk_.volume->Register(*disk_.SourceOf(sample), manifest);
  ASSERT_FALSE(result);
  EXPECT_THAT(result.error().text, HasSubstr("formats.onnx.sha256"));
  EXPECT_THAT(result.error().hint, HasSubstr("lotmark manifest complete FILE"));
}

TEST_F(RegistrationTest, RefusesAManifestCutAtAnyByte) {
  const SampleVersion sample = Sample("2023-v1");
  const auto source = disk_.SourceOf(sample);
  const std::string manifest = sample.ManifestBytes();
  const auto before = TreeOf(*disk_.Root());
  for (size_t length = 0; length + 1 < manifest.size(); ++length) {
    ASSERT_FALSE(disk_.volume->Register(*source, manifest.substr(0, length))) << length;
  }
  EXPECT_EQ(TreeOf(*disk_.Root()), before);
}

TEST_F(RegistrationTest, EndsWhenInterrupted) {
  const SampleVersion sample = Sample("2023-v1");
  const auto source = disk_.SourceOf(sample);
  ExpectUnchangedAfter(
      [&] { return disk_.volume->Register(*source, sample.ManifestBytes(), [](const Progress&) { return false; }); },
      "interrupted");
}

TEST_F(RegistrationTest, TellsItsProgressUpToTheLastByte) {
  const SampleVersion sample = Sample("2023-v1");
  const auto source = disk_.SourceOf(sample);
  uint64_t done = 0;
  uint64_t total = 0;
  ASSERT_TRUE(disk_.volume->Register(*source, sample.ManifestBytes(), [&](const Progress& progress) {
    EXPECT_GE(progress.bytes_done, done);
    done = progress.bytes_done;
    total = progress.bytes_total;
    return true;
  }));
  EXPECT_EQ(done, total);
  EXPECT_EQ(total, sample.Files().at("model.onnx").size() + sample.Files().at("golden/case_1.png").size());
}

TEST_F(RegistrationTest, RefusesAFolderThatNoEventRegistered) {
  std::filesystem::create_directories(disk_.PathOf("models/lesion_cnn/versions/2023-v1"));
  ExpectUnchangedAfter([&] { return disk_.Register(Sample("2023-v1")); }, "is in the way");
}

TEST_F(RegistrationTest, LeavesTheStagingFolderOfALivingAddAndSweepsADeadOne) {
  auto root = disk_.Root();
  ASSERT_TRUE(root->MakeDir("staging/living"));
  ASSERT_TRUE(root->MakeDir("staging/dead"));
  WriteSampleFile(*root, "staging/dead/sub/model.onnx", "half");
  {
    const auto living = root->OpenDir("staging/living").value()->TryLockSelf();
    ASSERT_TRUE(living);
    ASSERT_TRUE(disk_.volume->Recover());
    EXPECT_TRUE(root->Stat("staging/living"));
    EXPECT_FALSE(root->Stat("staging/dead"));
  }
  ASSERT_TRUE(disk_.volume->Recover());
  EXPECT_FALSE(root->Stat("staging/living"));
}

TEST_F(RegistrationTest, TwoAddsOfTheSameVersionAtOnceMakeOne) {
  const SampleVersion sample = Sample("2023-v1");
  const auto source = disk_.SourceOf(sample);
  const auto inner_source = disk_.SourceOf(sample);
  const auto other = disk_.Open();
  bool started = false;
  std::optional<Result<Registration>> inner;
  // While the outer one copies, the inner one runs from beginning to end.
  const auto outer = disk_.volume->Register(*source, sample.ManifestBytes(), [&](const Progress&) {
    if (!std::exchange(started, true)) inner = other->Register(*inner_source, sample.ManifestBytes());
    return true;
  });
  ASSERT_TRUE(inner && *inner) << ErrorText(*inner);
  EXPECT_EQ((*inner)->outcome, RegisterOutcome::kRegistered);
  ASSERT_TRUE(outer) << outer.error().text;
  EXPECT_EQ(outer->outcome, RegisterOutcome::kAlreadyRegistered);
  EXPECT_EQ(disk_.Events(), "volume_created registering registered");
  EXPECT_TRUE(disk_.Root()->OpenDir("staging").value()->List().value().empty());
}

}  // namespace
}  // namespace lotmark::store
