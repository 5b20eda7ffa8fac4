#include "store/reader.h"

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>

#include "store/status.h"
#include "store/testing/read_only_dir.h"
#include "store/testing/test_volume.h"
#include "store/verification.h"

namespace lotmark::store {
namespace {

using testing::HasSubstr;
namespace stdfs = std::filesystem;

const ModelName kModel = Model("lesion_cnn");

class ReaderTest : public testing::Test {
 protected:
  void SetUp() override {
    for (const std::string version : {"v1", "v2"}) ASSERT_TRUE(disk_.Register(Sample(version)));
    ASSERT_TRUE(disk_.Activate("v1"));
    reader_ = Reader::Open(MakeReadOnlyDir(disk_.Root())).value();
  }
  void Write(const std::string& name, const std::string& bytes) {
    stdfs::remove(disk_.PathOf(name));
    std::ofstream(disk_.PathOf(name), std::ios::binary) << bytes;
  }
  void SetPointer(const std::string& text) {
    stdfs::remove(disk_.PathOf("models/lesion_cnn/active"));
    stdfs::create_symlink(text, disk_.PathOf("models/lesion_cnn/active"));
  }

  TestVolume disk_;
  std::unique_ptr<Reader> reader_;
};

TEST_F(ReaderTest, ReadsEverythingFromAReadOnlyMount) {
  EXPECT_EQ(reader_->ActiveVersion(kModel).value(), V("v1"));
  EXPECT_EQ(reader_->ListModels().value(), std::vector{kModel});
  EXPECT_EQ(reader_->ListVersions(kModel).value(), (std::vector{V("v1"), V("v2")}));
  EXPECT_EQ(reader_->History().value().size(), 7U);
  EXPECT_TRUE(ReadStatus(*reader_));
  EXPECT_EQ(ListRegistered(*reader_, kModel).value().size(), 2U);
  EXPECT_TRUE(Verify(*reader_, {}).value().ok());
}

TEST_F(ReaderTest, ChangingAReadOnlyMountFailsAsTheMachineDoes) {
  const auto volume = Volume::Open(MakeReadOnlyDir(disk_.Root()), disk_.Options()).value();
  const auto before = TreeOf(*disk_.Root());
  const auto moved = volume->Activate(kModel, V("v2"), "a test", {}, {});
  ASSERT_FALSE(moved);
  EXPECT_EQ(moved.error().code, ErrorCode::kMachine);
  EXPECT_THAT(moved.error().text, HasSubstr("read-only file system"));
  const SampleVersion sample = Sample("v3");
  EXPECT_FALSE(volume->Register(*disk_.SourceOf(sample), sample.ManifestBytes()));
  EXPECT_EQ(TreeOf(*disk_.Root()), before);
}

TEST_F(ReaderTest, OpensAVersionWhoseFilesStayItsOwn) {
  const auto opened = reader_->OpenVersion(kModel, V("v1"));
  ASSERT_TRUE(opened) << opened.error().text;
  EXPECT_EQ(opened->manifest.bytes(), Sample("v1").ManifestBytes());
  ASSERT_TRUE(disk_.Activate("v2"));
  EXPECT_EQ(TreeOf(*opened->folder).at("model.onnx"), "file: " + Sample("v1").weights);
}

TEST_F(ReaderTest, FollowsThePointer) {
  ASSERT_TRUE(disk_.Activate("v2"));
  EXPECT_EQ(reader_->ActiveVersion(kModel).value(), V("v2"));
  EXPECT_EQ(reader_->ActiveVersion(Model("unknown")).value(), std::nullopt);
}

TEST_F(ReaderTest, RefusesAPointerThatLeadsElsewhere) {
  for (const std::string text : {"../../x", "versions/../../x", "/abs", "versions/v1/", "versions/"}) {
    SetPointer(text);
    const auto active = reader_->ActiveVersion(kModel);
    ASSERT_FALSE(active) << text;
    EXPECT_EQ(active.error().code, ErrorCode::kRefused);
    EXPECT_THAT(active.error().text, HasSubstr("'" + text + "'"));
  }
}

TEST_F(ReaderTest, NamesADereferencedPointer) {
  stdfs::remove(disk_.PathOf("models/lesion_cnn/active"));
  stdfs::create_directory(disk_.PathOf("models/lesion_cnn/active"));
  const auto active = reader_->ActiveVersion(kModel);
  ASSERT_FALSE(active);
  EXPECT_THAT(active.error().text, HasSubstr("is not a link: a copy has dereferenced it"));
  EXPECT_THAT(active.error().hint, HasSubstr("rsync -a"));
  EXPECT_THAT(ReadStatus(*reader_).value().models[0].problem, HasSubstr("dereferenced"));
  const auto report = Verify(*reader_, {}).value();
  EXPECT_FALSE(report.ok());
  EXPECT_THAT(report.problems[0], HasSubstr("dereferenced"));
}

TEST_F(ReaderTest, RefusesWhatIsNoVolumeOrOfAnotherFormat) {
  const auto open_error = [&] {
    const auto reader = Reader::Open(disk_.Root());
    return reader ? "no error" : reader.error().text;
  };
  Write("volume.json", R"({"format":9,"volume_id":"3f0c2d8e-8c0d-4b7e-9a55-0a3f2d1c4b5a","primary_model":"m"})");
  EXPECT_THAT(open_error(), HasSubstr("volume.json: format: this volume has format 9"));
  EXPECT_FALSE(Volume::Open(disk_.Root(), disk_.Options()));
  Write("volume.json", "");
  EXPECT_THAT(open_error(), HasSubstr("volume.json: "));
  stdfs::remove(disk_.PathOf("volume.json"));
  EXPECT_THAT(open_error(), HasSubstr("is not a model volume"));
}

TEST_F(ReaderTest, RefusesAVersionFolderThatIsALink) {
  stdfs::create_directory_symlink("v1", disk_.PathOf("models/lesion_cnn/versions/v7"));
  EXPECT_FALSE(reader_->OpenVersion(kModel, V("v7")));
  EXPECT_EQ(reader_->ListVersions(kModel).value().size(), 2U);
}

TEST_F(ReaderTest, RefusesAManifestOfAnotherVersion) {
  disk_.MakeVersionsWritable();
  stdfs::copy(disk_.PathOf("models/lesion_cnn/versions/v1"), disk_.PathOf("models/lesion_cnn/versions/v7"),
              stdfs::copy_options::recursive);
  const auto opened = reader_->OpenVersion(kModel, V("v7"));
  ASSERT_FALSE(opened);
  EXPECT_THAT(opened.error().text, HasSubstr("is the manifest of lesion_cnn/v1"));
}

TEST_F(ReaderTest, SaysWhichVersionIsNotThere) {
  const auto opened = reader_->OpenVersion(kModel, V("v7"));
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, ErrorCode::kNotFound);
}

TEST_F(ReaderTest, RefusesADamagedJournalAndChangesNothing) {
  Write("journal/tile/entries/000.p/7", "what?");
  const auto history = reader_->History();
  ASSERT_FALSE(history);
  EXPECT_THAT(history.error().text, HasSubstr("journal/tile/entries/000.p/7"));
  const auto before = TreeOf(*disk_.Root());
  EXPECT_FALSE(disk_.Activate("v2"));
  EXPECT_EQ(TreeOf(*disk_.Root()), before);
  // Where the pointer goes can be read without the events.
  EXPECT_EQ(reader_->ActiveVersion(kModel).value(), V("v1"));
}

TEST_F(ReaderTest, RefusesAJournalSignedByAnotherKeyThanTheOneGiven) {
  const tlog::NoteVerifier other(reader_->info().journal_key.name(), tlog::PrivateKey::Generate().public_key());
  const auto opened = Reader::Open(disk_.Root(), {.journal_key = other});
  ASSERT_FALSE(opened);
  EXPECT_THAT(opened.error().text, HasSubstr("is not the key that was given"));
  EXPECT_TRUE(Reader::Open(disk_.Root(), {.journal_key = reader_->info().journal_key}));
}

TEST_F(ReaderTest, GivesTheHistoryOfOneModel) {
  SampleVersion other = Sample("v1");
  other.model = "mole_mapper";
  ASSERT_TRUE(disk_.Register(other));
  EXPECT_EQ(reader_->History(Model("mole_mapper")).value().size(), 2U);
  EXPECT_EQ(reader_->History().value().size(), 9U);
}

}  // namespace
}  // namespace lotmark::store
