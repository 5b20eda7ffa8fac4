#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>

#include "store/testing/test_volume.h"

namespace lotmark::store {
namespace {

using testing::HasSubstr;

class InitTest : public testing::Test {
 protected:
  Result<InitOutcome> Init(const std::string& model = "lesion_cnn") {
    return Volume::Init(*fs::OpenPosixDir(folder_.path()).value(), {Model(model), "{}"},
                        {clock_, kTestActor, std::chrono::seconds(10), TestJournalKey});
  }
  void Write(const std::string& name, const std::string& bytes) { std::ofstream(folder_.PathOf(name)) << bytes; }
  void ExpectRefusedUntouched(const std::string& says) {
    const auto before = TreeOf(*fs::OpenPosixDir(folder_.path()).value());
    const auto result = Init();
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, ErrorCode::kRefused);
    EXPECT_THAT(result.error().text, HasSubstr(says));
    EXPECT_EQ(TreeOf(*fs::OpenPosixDir(folder_.path()).value()), before);
  }

  const bool in_memory_ = PreferMemoryForTempFolders();
  fs::TempFolder folder_;
  FixedClock clock_;
};

TEST_F(InitTest, MakesAVolumeOnce) {
  const auto first = Init();
  ASSERT_TRUE(first) << first.error().text;
  EXPECT_EQ(*first, InitOutcome::kCreated);
  const auto tree = TreeOf(*fs::OpenPosixDir(folder_.path()).value());
  for (const std::string name : {"volume.json", "policy.json", "journal/checkpoint", "models", "staging"}) {
    EXPECT_TRUE(tree.contains(name)) << name;
  }

  const auto second = Init();
  ASSERT_TRUE(second) << second.error().text;
  EXPECT_EQ(*second, InitOutcome::kAlreadyVolume);
  EXPECT_EQ(TreeOf(*fs::OpenPosixDir(folder_.path()).value()), tree);
}

TEST_F(InitTest, RefusesAVolumeOfAnotherModel) {
  ASSERT_TRUE(Init());
  const auto other = Init("mole_mapper");
  ASSERT_FALSE(other);
  EXPECT_THAT(other.error().text, HasSubstr("is already a volume, of the model lesion_cnn"));
}

TEST_F(InitTest, RefusesAFolderThatHoldsSomethingElse) {
  Write("notes.txt", "mine");
  ExpectRefusedUntouched("it holds notes.txt");
  EXPECT_FALSE(std::filesystem::exists(folder_.PathOf("lock")));
}

TEST_F(InitTest, AcceptsAFreshDisk) {
  std::filesystem::create_directory(folder_.PathOf("lost+found"));
  EXPECT_TRUE(Init());
}

TEST_F(InitTest, RefusesAVolumeThatLostItsVolumeFile) {
  ASSERT_TRUE(Init());
  std::filesystem::create_directories(folder_.PathOf("models/lesion_cnn"));
  std::filesystem::remove(folder_.PathOf("volume.json"));
  ExpectRefusedUntouched("it holds models/lesion_cnn");
}

TEST_F(InitTest, RefusesAJournalWithMoreThanItsFirstEvent) {
  ASSERT_TRUE(Init());
  std::filesystem::remove(folder_.PathOf("volume.json"));
  Write("journal/checkpoint", "lotmark/journal/x\n2\n");
  ExpectRefusedUntouched("it holds journal/checkpoint");
}

TEST_F(InitTest, StartsOverAfterAnInterruptedInit) {
  ASSERT_TRUE(Init());
  std::filesystem::remove(folder_.PathOf("volume.json"));
  Write(".tmp-volume.json-x", "{");
  const auto again = Init("mole_mapper");
  ASSERT_TRUE(again) << again.error().text;
  EXPECT_EQ(*again, InitOutcome::kCreated);
  const auto events = Reader::Open(fs::OpenPosixDir(folder_.path()).value()).value()->History();
  ASSERT_TRUE(events) << events.error().text;
  ASSERT_EQ(events->size(), 1U);
  EXPECT_EQ((*events)[0].model, Model("mole_mapper"));
  EXPECT_FALSE(std::filesystem::exists(folder_.PathOf(".tmp-volume.json-x")));
}

}  // namespace
}  // namespace lotmark::store
