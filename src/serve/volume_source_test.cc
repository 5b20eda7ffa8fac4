#include "serve/volume_source.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "classify/testing/test_version.h"
#include "runtime/testing/fake_runtime.h"
#include "store/testing/test_volume.h"

namespace lotmark::serve {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

class VolumeSourceTest : public ::testing::Test {
 protected:
  static classify::testing::TestVersion MakeVersion(const std::string& version) {
    const std::string model = runtime::testing::FakeModel(7);
    auto made = classify::testing::MakeVersion(Bytes(model.begin(), model.end()));
    made.fields["version"] = version;
    return made;
  }

  void Register(const std::string& version) {
    const auto made = MakeVersion(version);
    const auto folder = fs::CreatePosixDir(volume_.folder.PathOf("source-" + version)).value();
    WriteVersion(made, *folder);
    const auto registered = volume_.volume->Register(*folder, DumpJson(made.fields));
    ASSERT_EQ(store::ErrorText(registered), "");
  }
  void Activate(const std::string& version) {
    const auto moved = volume_.volume->Activate(model_, store::V(version), "a test", {});
    ASSERT_EQ(store::ErrorText(moved), "");
  }

  std::string PathOf(const std::string& version, const std::string& file) const {
    return volume_.PathOf("models/colours/versions/" + version + "/" + file);
  }
  static std::string ReadFile(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  // As somebody does who does not know Lotmark.
  static void Overwrite(const std::string& path, const std::string& bytes) {
    std::filesystem::permissions(path, std::filesystem::perms::owner_all);
    std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
  }
  void EditManifest(const std::string& version) {
    const std::string path = PathOf(version, "model-manifest.json");
    std::string text = ReadFile(path);
    text.insert(text.size() - 1, " ");
    Overwrite(path, text);
  }
  // The text of the refusal, or "loaded".
  std::string LoadText(const VersionIdentity& identity) {
    const auto loaded = source_->Load(identity);
    if (loaded) return "loaded";
    EXPECT_EQ(loaded.error().code, ErrorCode::kRefused) << loaded.error().text;
    return loaded.error().text;
  }

  store::TestVolume volume_{"colours"};
  const ModelName model_ = store::Model("colours");
  const runtime::testing::FakeRuntime runtime_;
  std::unique_ptr<ModelSource> source_ =
      MakeVolumeSource(store::Reader::Open(volume_.Root()).value(), model_, runtime_, {});
};

TEST_F(VolumeSourceTest, SaysThatNothingIsActiveYet) {
  Register("v1");
  const auto desired = source_->ReadDesired();
  ASSERT_FALSE(desired);
  EXPECT_EQ(desired.error().code, ErrorCode::kNotFound);
  EXPECT_THAT(desired.error().hint, HasSubstr("lotmark activate"));
}

TEST_F(VolumeSourceTest, LoadsTheVersionThatThePointerNames) {
  Register("v1");
  Register("v2");
  for (const char* version : {"v1", "v2"}) {
    Activate(version);
    const auto desired = source_->ReadDesired();
    ASSERT_TRUE(desired) << desired.error().text;
    EXPECT_EQ(desired->version.text(), version);
    EXPECT_EQ(desired->manifest_sha256, Sha256Of(ReadFile(PathOf(version, "model-manifest.json"))));
    const auto loaded = source_->Load(*desired);
    ASSERT_TRUE(loaded) << loaded.error().text;
    EXPECT_EQ((*loaded)->manifest().digest(), desired->manifest_sha256);
  }
}

TEST_F(VolumeSourceTest, RefusesAManifestThatIsNotTheRegisteredOne) {
  Register("v1");
  Activate("v1");
  const VersionIdentity registered = *source_->ReadDesired();
  EditManifest("v1");
  const VersionIdentity found = *source_->ReadDesired();
  EXPECT_NE(found, registered) << "so that a serving replica notices";
  EXPECT_THAT(LoadText(found),
              AllOf(HasSubstr("v1: the manifest was changed"), HasSubstr(registered.manifest_sha256.hex()),
                    HasSubstr(found.manifest_sha256.hex())));
  EXPECT_THAT(LoadText(registered), HasSubstr("changed while it was being loaded"));
}

TEST_F(VolumeSourceTest, RefusesAVersionThatNoEventRegistered) {
  Register("v1");
  Activate("v1");
  const auto smuggled = MakeVersion("v9");
  const auto folder = fs::CreatePosixDir(PathOf("v9", "")).value();
  WriteVersion(smuggled, *folder);
  std::ofstream(PathOf("v9", "model-manifest.json")) << DumpJson(smuggled.fields);
  std::filesystem::remove(volume_.PathOf("models/colours/active"));
  std::filesystem::create_symlink("versions/v9", volume_.PathOf("models/colours/active"));
  const auto desired = source_->ReadDesired();
  ASSERT_TRUE(desired) << desired.error().text;
  EXPECT_THAT(LoadText(*desired), HasSubstr("v9: no event says that this version was registered"));
}

TEST_F(VolumeSourceTest, RefusesAnArtifactWithOneFlippedBit) {
  Register("v1");
  Activate("v1");
  const VersionIdentity desired = *source_->ReadDesired();
  EXPECT_EQ(LoadText(desired), "loaded");
  std::string bytes = ReadFile(PathOf("v1", "model.onnx"));
  bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 1);
  Overwrite(PathOf("v1", "model.onnx"), bytes);
  EXPECT_THAT(LoadText(desired), HasSubstr("model.onnx"));
}

TEST_F(VolumeSourceTest, SaysSoWhenACopyHasDereferencedThePointer) {
  Register("v1");
  Activate("v1");
  std::filesystem::remove(volume_.PathOf("models/colours/active"));
  std::filesystem::create_directory(volume_.PathOf("models/colours/active"));
  const auto desired = source_->ReadDesired();
  ASSERT_FALSE(desired);
  EXPECT_EQ(desired.error().code, ErrorCode::kRefused) << desired.error().text;
}

}  // namespace
}  // namespace lotmark::serve
