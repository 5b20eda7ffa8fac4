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
    const auto moved = volume_.volume->Activate(model_, store::V(version), "a test", {}, {});
    ASSERT_EQ(store::ErrorText(moved), "");
  }

  void Rollback() {
    const auto moved = volume_.volume->Rollback(model_, std::nullopt, "a test", {});
    ASSERT_EQ(store::ErrorText(moved), "");
  }
  // As somebody does who knows what the pointer is.
  void PointByHand(const std::string& version) {
    const std::string link = volume_.PathOf("models/colours/active");
    std::filesystem::create_symlink("versions/" + version, link + ".by-hand");
    std::filesystem::rename(link + ".by-hand", link);
  }
  VersionIdentity Desired() {
    auto desired = source_->ReadDesired();
    EXPECT_TRUE(desired) << desired.error().text;
    return *desired;
  }
  // The text of the refusal of the pointer, or what is desired.
  std::string DesiredText() {
    const auto desired = source_->ReadDesired();
    if (desired) return desired->version.text();
    EXPECT_EQ(desired.error().code, ErrorCode::kRefused) << desired.error().text;
    return desired.error().text;
  }
  bool Withdrawn(const VersionIdentity& identity) {
    (void)source_->ReadDesired();
    return source_->Withdrawn(identity).has_value();
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
  const VersionIdentity registered = Desired();
  EditManifest("v1");
  const VersionIdentity found{model_, store::V("v1"), Sha256Of(ReadFile(PathOf("v1", "model-manifest.json")))};
  for (const std::string& text : {DesiredText(), LoadText(found)}) {
    EXPECT_THAT(text, AllOf(HasSubstr("pointer not authorised: the manifest of v1 was changed"),
                            HasSubstr(registered.manifest_sha256.hex()), HasSubstr(found.manifest_sha256.hex())));
  }
  EXPECT_THAT(LoadText(registered), HasSubstr("changed while it was being loaded"));
  EXPECT_FALSE(Withdrawn(registered)) << "what was loaded before is what was registered";
}

TEST_F(VolumeSourceTest, ObeysNoPointerThatWasMovedByHand) {
  Register("v1");
  Register("v2");
  Activate("v1");
  Activate("v2");
  const VersionIdentity serving = Desired();
  PointByHand("v1");
  EXPECT_THAT(DesiredText(), HasSubstr("pointer not authorised: it names v1, and the events make v2 the active"));
  EXPECT_FALSE(Withdrawn(serving));
  std::filesystem::remove(volume_.PathOf("models/colours/active"));
  EXPECT_THAT(DesiredText(), AllOf(HasSubstr("missing"), HasSubstr("v2")));
  EXPECT_FALSE(Withdrawn(serving));
  PointByHand("v2");
  EXPECT_EQ(Desired(), serving);
}

TEST_F(VolumeSourceTest, RefusesAVersionThatNoEventRegistered) {
  Register("v1");
  Activate("v1");
  const auto smuggled = MakeVersion("v9");
  const auto folder = fs::CreatePosixDir(PathOf("v9", "")).value();
  WriteVersion(smuggled, *folder);
  std::ofstream(PathOf("v9", "model-manifest.json")) << DumpJson(smuggled.fields);
  PointByHand("v9");
  EXPECT_THAT(DesiredText(), HasSubstr("pointer not authorised: it names v9"));
  EXPECT_THAT(LoadText({model_, store::V("v9"), Sha256Of(DumpJson(smuggled.fields))}),
              HasSubstr("pointer not authorised: it names v9"));
}

TEST_F(VolumeSourceTest, AVersionThatWasRolledBackFromIsWithdrawnUntilItIsActivatedAgain) {
  Register("v1");
  Register("v2");
  Activate("v1");
  const VersionIdentity v1 = Desired();
  Activate("v2");
  const VersionIdentity v2 = Desired();
  EXPECT_FALSE(Withdrawn(v1)) << "an update is no withdrawal";
  Rollback();
  EXPECT_TRUE(Withdrawn(v2));
  EXPECT_FALSE(Withdrawn(v1));
  EXPECT_EQ(Desired(), v1);
  Activate("v2");
  EXPECT_FALSE(Withdrawn(v2));
}

TEST_F(VolumeSourceTest, AJournalThatCannotBeReadDecidesNothingNew) {
  Register("v1");
  Register("v2");
  Activate("v1");
  const VersionIdentity v1 = Desired();
  Activate("v2");
  const VersionIdentity v2 = Desired();
  Rollback();
  const std::string entries = volume_.PathOf("journal/tile/entries/000.p/11");
  ASSERT_TRUE(std::filesystem::exists(entries));
  Overwrite(entries, "{");
  const auto desired = source_->ReadDesired();
  ASSERT_FALSE(desired);
  EXPECT_THAT(desired.error().text, AllOf(HasSubstr("journal cannot be read"), HasSubstr("entries/000.p/11")));
  EXPECT_FALSE(source_->Withdrawn(v2)) << "as last learnt";
  EXPECT_THAT(LoadText(v1), HasSubstr("not authorised"));
  EXPECT_EQ(LoadText(v2), "loaded");
}

TEST_F(VolumeSourceTest, ReadsTheEventsOnlyWhenTheJournalChanged) {
  Register("v1");
  Register("v2");
  Activate("v1");
  EXPECT_EQ(DesiredText(), "v1");
  // Damage of what was read before would be an error if it were read again.
  Overwrite(volume_.PathOf("journal/tile/entries/000.p/7"), "{");
  EXPECT_EQ(DesiredText(), "v1");
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
