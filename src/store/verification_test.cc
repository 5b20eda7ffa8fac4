#include "store/verification.h"

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <functional>

#include "store/testing/test_volume.h"

namespace lotmark::store {
namespace {

using testing::HasSubstr;
namespace stdfs = std::filesystem;

const ModelName kModel = Model("lesion_cnn");

class VerificationTest : public testing::Test {
 protected:
  void SetUp() override {
    for (const std::string version : {"v1", "v2"}) ASSERT_TRUE(disk_.Register(Sample(version)));
  }
  VerifyReport Report(const VerifyScope& scope = {}) {
    auto report = Verify(disk_.volume->reader(), scope);
    EXPECT_EQ(ErrorText(report), "");
    return report ? *std::move(report) : VerifyReport();
  }
  std::string PathOf(const std::string& name) const { return disk_.PathOf("models/lesion_cnn/versions/v1" + name); }
  void Write(const std::string& name, const std::string& bytes) {
    if (stdfs::exists(PathOf(name))) stdfs::permissions(PathOf(name), stdfs::perms::owner_all);
    std::ofstream(PathOf(name), std::ios::binary | std::ios::trunc) << bytes;
  }
  void MakeWritable() { disk_.MakeVersionsWritable(); }
  // The only bad file, or a text that says how many there are.
  std::string OnlyBad() {
    const auto bad = Report().Bad();
    return bad.size() == 1 ? bad[0].Message() : std::to_string(bad.size()) + " bad";
  }

  TestVolume disk_;
};

TEST_F(VerificationTest, ListsEveryFile) {
  const VerifyReport report = Report();
  EXPECT_TRUE(report.ok());
  ASSERT_EQ(report.files.size(), 6U);
  EXPECT_EQ(report.files[0].path, "golden/case_1.png");
  EXPECT_EQ(report.files[1].path, "model-manifest.json");
  EXPECT_EQ(report.files[2].path, "model.onnx");
  EXPECT_EQ(report.files[2].size, Sample("v1").weights.size());
  EXPECT_EQ(report.files[5].version, V("v2"));
  EXPECT_EQ(Report({.model = kModel, .version = V("v2")}).files.size(), 3U);
}

TEST_F(VerificationTest, FindsEachKindOfDamage) {
  const std::string weights = Sample("v1").weights;
  const struct {
    std::function<void()> damage;
    std::string says;
  } cases[] = {
      {[&] { Write("/model.onnx", std::string(weights.size(), '?')); }, "model.onnx: wrong digest: digest differs"},
      {[&] { Write("/model.onnx", weights + "x"); }, "model.onnx: wrong size: size differs: expected"},
      {[&] { stdfs::remove(PathOf("/model.onnx")); }, "model.onnx: missing: formats.onnx names it"},
      {[&] { stdfs::create_directory(PathOf("/model.onnx")); }, "model.onnx: not a plain file: it is a folder"},
      {[&] {
         stdfs::remove(PathOf("/model.onnx"));
         stdfs::create_symlink("/etc/hostname", PathOf("/model.onnx"));
       },
       "model.onnx: not a plain file: it is a symbolic link"},
      {[&] {
         stdfs::remove(PathOf("/model.onnx"));
         Write("/model.onnx", weights);
         Write("/extra", "x");
       },
       "extra: unexpected"},
      {[&] {
         stdfs::remove(PathOf("/extra"));
         stdfs::create_directories(PathOf("/golden/more/folders"));
       },
       "golden/more: unexpected"},
  };
  MakeWritable();
  for (const auto& at : cases) {
    at.damage();
    EXPECT_THAT(OnlyBad(), HasSubstr("lesion_cnn/v1/" + at.says));
  }
}

TEST_F(VerificationTest, FindsAFlippedBitInAnyFile) {
  MakeWritable();
  for (const std::string name : {"/model.onnx", "/golden/case_1.png"}) {
    std::ifstream file(PathOf(name), std::ios::binary);
    const std::string good(std::istreambuf_iterator<char>(file), {});
    for (size_t byte = 0; byte < good.size(); ++byte) {
      std::string bad = good;
      bad[byte] = static_cast<char>(bad[byte] ^ (1 << (byte % 8)));
      Write(name, bad);
      ASSERT_THAT(OnlyBad(), HasSubstr("wrong digest")) << name << " byte " << byte;
    }
    Write(name, good);
  }
  EXPECT_TRUE(Report().ok());
}

TEST_F(VerificationTest, FindsAManifestThatIsNotTheRegisteredOne) {
  const std::string good = Sample("v1").ManifestBytes();
  for (size_t byte = 0; byte < good.size(); byte += 7) {
    std::string bad = good;
    bad[byte] = static_cast<char>(bad[byte] ^ 1);
    Write("/model-manifest.json", bad);
    const VerifyReport report = Report();
    EXPECT_FALSE(report.ok()) << byte;
    bool named = false;
    for (const FileReport& file : report.Bad()) {
      named |= file.path == "model-manifest.json" && file.state == FileState::kWrongDigest;
    }
    EXPECT_TRUE(named) << byte;
  }
}

TEST_F(VerificationTest, FindsAMissingVersionAndOneThatNoEventRegistered) {
  stdfs::rename(PathOf(""), disk_.PathOf("models/lesion_cnn/versions/v9"));
  const auto bad = Report().Bad();
  ASSERT_EQ(bad.size(), 2U);
  EXPECT_THAT(bad[0].Message(), HasSubstr("lesion_cnn/v1: missing"));
  EXPECT_THAT(bad[1].Message(), HasSubstr("lesion_cnn/v9: unexpected: no event registered this version"));
}

TEST_F(VerificationTest, FindsAVersionFolderReplacedByALink) {
  MakeWritable();
  stdfs::rename(PathOf(""), disk_.folder.PathOf("elsewhere"));
  stdfs::create_directory_symlink(disk_.folder.PathOf("elsewhere"), PathOf(""));
  EXPECT_THAT(OnlyBad(), HasSubstr("lesion_cnn/v1: not a plain file"));
}

TEST_F(VerificationTest, RefusesAVersionThatIsNotThere) {
  const auto report = Verify(disk_.volume->reader(), {.model = kModel, .version = V("v9")});
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code, ErrorCode::kNotFound);
}

TEST_F(VerificationTest, TellsProgressAndCanBeInterrupted) {
  uint64_t done = 0;
  uint64_t total = 0;
  ASSERT_TRUE(Verify(disk_.volume->reader(), {}, [&](const Progress& progress) {
    done = progress.bytes_done;
    total = progress.bytes_total;
    return true;
  }));
  EXPECT_GT(total, 0U);
  EXPECT_EQ(done, total);
  const auto interrupted = Verify(disk_.volume->reader(), {}, [](const Progress&) { return false; });
  ASSERT_FALSE(interrupted);
  EXPECT_THAT(interrupted.error().text, HasSubstr("interrupted"));
}

}  // namespace
}  // namespace lotmark::store
