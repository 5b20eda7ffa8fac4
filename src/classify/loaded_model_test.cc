#include "classify/loaded_model.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <random>

#include "classify/classifier.h"
#include "classify/testing/test_version.h"
#include "fs/posix_fs.h"
#include "fs/testing/temp_folder.h"
#include "runtime/testing/fake_runtime.h"
#include "runtime_onnx/testing/fixtures.h"

namespace lotmark::classify {
namespace {

using runtime_onnx::testing::Fixture;
using runtime_onnx::testing::MakeRuntime;
using ::testing::AllOf;
using ::testing::HasSubstr;
using testing::MakeVersion;
using ::testing::StartsWith;
using testing::TestVersion;

constexpr testing::Rgb kRed = {204, 51, 77}, kGreen = {26, 230, 51};

class LoadModelTest : public ::testing::Test {
 protected:
  Result<std::shared_ptr<const LoadedModel>> Load(const TestVersion& version, const LoadOptions& options = {}) {
    return Load(version, *onnx_, options);
  }

  Result<std::shared_ptr<const LoadedModel>> Load(const TestVersion& version, const runtime::Runtime& runtime,
                                                  const LoadOptions& options = {}) {
    folder_ = std::make_unique<fs::TempFolder>();
    LOTMARK_ASSIGN_OR_RETURN(const auto dir, fs::OpenPosixDir(folder_->path()));
    return LoadModel(*dir, WriteVersion(version, *dir), manifest::Format::kOnnx, runtime, options);
  }

  // The text of the refusal, or "loaded".
  std::string Refusal(const TestVersion& version) {
    const auto model = Load(version);
    if (model) return "loaded";
    EXPECT_EQ(model.error().code, ErrorCode::kRefused) << model.error().text;
    return model.error().text;
  }

  std::unique_ptr<runtime::Runtime> onnx_ = MakeRuntime();
  std::unique_ptr<fs::TempFolder> folder_;
};

TestVersion GoldenVersion(const std::string& fixture) {
  TestVersion version = MakeVersion(Fixture(fixture));
  version.AddGolden("golden/red.png", kRed);
  version.AddGolden("golden/green.png", kGreen);
  return version;
}

TEST_F(LoadModelTest, LoadsAVerifiedModelWhoseGoldenCasesAgree) {
  const auto model = Load(GoldenVersion("colours.onnx"));
  ASSERT_TRUE(model) << model.error().text;
  EXPECT_EQ((*model)->manifest().version().text(), "v1");
  EXPECT_EQ((*model)->artifact_sha256(), Sha256Of(Fixture("colours.onnx")));
  EXPECT_EQ((*model)->runtime_options(),
            R"({"execution_mode":"sequential","graph_optimization":"all","intra_op_threads":"1",)"
            R"("x64quantprecision":"1"})");
  const GoldenReport& golden = (*model)->golden();
  EXPECT_EQ(golden.cases.size(), 2u);
  EXPECT_LT(golden.worst_difference(), 1e-6);
  EXPECT_THAT(golden.Summary(), StartsWith("2 golden cases (origin training): agree"));
}

TEST_F(LoadModelTest, GoldenImagesCountAmongThoseBeingDecoded) {
  DecodeMemory memory;
  ASSERT_TRUE(Load(GoldenVersion("colours.onnx"), {.decode_memory = &memory}));
  EXPECT_GT(memory.stats().peak, 0u);
  EXPECT_EQ(memory.stats().reserved, 0u);
}

TEST_F(LoadModelTest, LoadsWithoutGoldenCasesAndSaysSo) {
  const auto model = Load(MakeVersion(Fixture("colours.onnx")));
  ASSERT_TRUE(model) << model.error().text;
  EXPECT_EQ((*model)->golden().Summary(), "no golden cases");
  EXPECT_FALSE((*model)->golden().origin);
}

TEST_F(LoadModelTest, SaysWhatServingNeeds) {
  TestVersion version = MakeVersion(Fixture("colours.onnx"));
  version.fields.erase("classes");
  version.fields.erase("preprocessing");
  EXPECT_THAT(Refusal(version),
              AllOf(StartsWith("colours v1: the manifest lacks"), HasSubstr("classes, preprocessing")));
}

TEST_F(LoadModelTest, RefusesOneFlippedBitNamingFileAndDigests) {
  const Bytes good = Fixture("colours.onnx");
  for (size_t bit = 0; bit < good.size() * 8; bit += 97) {
    TestVersion version = MakeVersion(good);
    Bytes& bytes = version.files["model.onnx"];
    bytes[bit / 8] = static_cast<uint8_t>(bytes[bit / 8] ^ (1u << bit % 8));
    EXPECT_EQ(Refusal(version),
              "colours v1: model.onnx: sha256: expected " + Sha256Of(good).hex() + ", found " + Sha256Of(bytes).hex());
  }
}

TEST_F(LoadModelTest, RefusesAnotherSize) {
  TestVersion version = MakeVersion(Fixture("colours.onnx"));
  version.files["model.onnx"].push_back(0);
  EXPECT_EQ(Refusal(version), "colours v1: model.onnx: size: expected 306 bytes, found 307");
}

TEST_F(LoadModelTest, RefusesAMissingFile) {
  TestVersion version = MakeVersion(Fixture("colours.onnx"));
  version.files.clear();
  const auto model = Load(version);
  ASSERT_FALSE(model);
  EXPECT_EQ(model.error().code, ErrorCode::kNotFound);
  EXPECT_THAT(model.error().text, HasSubstr("model.onnx"));
}

TEST_F(LoadModelTest, RefusesALinkInPlaceOfTheFile) {
  TestVersion version = MakeVersion(Fixture("colours.onnx"));
  version.files["real.onnx"] = version.files["model.onnx"];
  version.files.erase("model.onnx");
  fs::TempFolder folder;
  const auto dir = fs::OpenPosixDir(folder.path());
  ASSERT_TRUE(dir);
  const auto manifest = WriteVersion(version, **dir);
  ASSERT_TRUE((*dir)->MakeLink("real.onnx", "model.onnx"));
  const auto model = LoadModel(**dir, manifest, manifest::Format::kOnnx, *onnx_);
  ASSERT_FALSE(model);
  EXPECT_EQ(model.error().code, ErrorCode::kRefused);
}

TEST_F(LoadModelTest, RefusesAFileOverTheLimit) {
  const auto model = Load(MakeVersion(Fixture("colours.onnx")), {.max_artifact_bytes = 100});
  ASSERT_FALSE(model);
  EXPECT_EQ(model.error().code, ErrorCode::kTooLarge);
}

TEST_F(LoadModelTest, RefusesBytesOfTheRightDigestThatAreNoModel) {
  const Bytes good = Fixture("colours.onnx");
  for (const size_t length : {size_t{1}, size_t{10}, good.size() / 2, good.size() - 1}) {
    EXPECT_THAT(Refusal(MakeVersion(Bytes(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(length)))),
                StartsWith("colours v1: model.onnx: "));
  }
  std::mt19937 random(3);
  Bytes garbage(5000);
  for (uint8_t& byte : garbage) byte = static_cast<uint8_t>(random());
  EXPECT_THAT(Refusal(MakeVersion(garbage)), HasSubstr("not a usable ONNX model"));
}

TEST_F(LoadModelTest, RefusesClassesThatTheModelDoesNotHave) {
  TestVersion version = MakeVersion(Fixture("four_classes.onnx"));
  EXPECT_THAT(Refusal(version), HasSubstr("model.onnx: output \"probabilities\": shape: the manifest says [1, 3]"));
  version.fields["formats"]["onnx"].erase("inputs");
  version.fields["formats"]["onnx"].erase("outputs");
  EXPECT_THAT(Refusal(version), HasSubstr("the manifest says 3 classes, the model gives [?, 4]"));
}

TEST_F(LoadModelTest, VerifiesExternalData) {
  TestVersion unlisted = MakeVersion(Fixture("external.onnx"));
  unlisted.files["weights.bin"] = Fixture("weights.bin");  // lying there is not enough
  EXPECT_THAT(Refusal(unlisted), HasSubstr("external data: weights.bin: the model takes weights from this file"));

  TestVersion listed = GoldenVersion("external.onnx");
  listed.files["weights.bin"] = Fixture("weights.bin");
  listed.fields["formats"]["onnx"]["external_data"] = {{{"path", "weights.bin"}}};
  listed.StateDigests();
  EXPECT_EQ(Refusal(listed), "loaded");

  listed.files["weights.bin"][70] ^= 1;
  EXPECT_THAT(Refusal(listed), HasSubstr("weights.bin: sha256: expected"));
}

TEST_F(LoadModelTest, ReadsExternalDataBesideAModelInASubfolder) {
  TestVersion version = MakeVersion({});
  version.files = {{"onnx/model.onnx", Fixture("external.onnx")}, {"onnx/weights.bin", Fixture("weights.bin")}};
  version.fields["formats"]["onnx"]["path"] = "onnx/model.onnx";
  version.fields["formats"]["onnx"]["external_data"] = {{{"path", "onnx/weights.bin"}}};
  version.AddGolden("golden/red.png", kRed);
  version.StateDigests();
  EXPECT_EQ(Refusal(version), "loaded");

  version.files["weights.bin"] = Fixture("weights.bin");
  version.fields["formats"]["onnx"]["external_data"] = {{{"path", "weights.bin"}}};
  version.StateDigests();
  EXPECT_THAT(Refusal(version), HasSubstr("external data must lie in the folder of onnx/model.onnx"));
}

TEST_F(LoadModelTest, RefusesARuntimeOfAnotherFormat) {
  const runtime::testing::FakeRuntime tflite(manifest::Format::kTflite);
  const auto model = Load(MakeVersion(Fixture("colours.onnx")), tflite);
  ASSERT_FALSE(model);
  EXPECT_THAT(model.error().text, HasSubstr("formats.onnx: fake runs tflite files only"));
}

// What the golden test classification is for: each is a model or a manifest that loads without an error.
TEST_F(LoadModelTest, GoldenFindsLabelsInAnotherOrder) {
  TestVersion version = GoldenVersion("colours.onnx");
  version.fields["classes"] = {"green", "blue", "red"};
  for (Json& golden : version.fields["golden"]["cases"]) {
    Json& values = golden["probabilities"]["onnx"];
    values = {values[1], values[2], values[0]};
  }
  EXPECT_THAT(Refusal(version),
              AllOf(HasSubstr("golden test classification: 2 of 2 cases failed, probably because the labels of "
                              "`classes` are not in the order of the model's outputs (output 0, called 'green', gives"),
                    HasSubstr("; golden/red.png: class")));
}

TEST_F(LoadModelTest, GoldenFindsOtherNormalisation) {
  TestVersion version = GoldenVersion("colours.onnx");
  version.fields["preprocessing"]["std"] = {0.5, 0.5, 0.5};
  EXPECT_THAT(Refusal(version), HasSubstr("probably because the normalisation is wrong: with divisor 255, mean "
                                          "[0, 0, 0] and std [1, 1, 1] the model gives the expected values"));
  // None of the usual ones is right.
  version = GoldenVersion("colours_weaker.onnx");
  EXPECT_THAT(Refusal(version), HasSubstr("probably because the normalisation (divisor, mean, std) is wrong or the "
                                          "weights are another model's"));
}

// The model was trained on images that OpenCV had read: as BGR.
TEST_F(LoadModelTest, GoldenFindsSwappedChannels) {
  const std::string fake = runtime::testing::FakeModel(7);
  TestVersion version = MakeVersion(Bytes(fake.begin(), fake.end()));
  const runtime::testing::FakeRuntime runtime;
  const auto model = Load(version, runtime);
  ASSERT_TRUE(model) << model.error().text;
  for (const testing::Rgb& colour : {kRed, kGreen}) {
    const auto swapped = Classify(**model, testing::FlatPng(16, 16, {colour[2], colour[1], colour[0]}));
    ASSERT_TRUE(swapped) << swapped.error().text;
    const auto& given = swapped->probabilities;
    version.AddGolden(fmt::format("golden/{}.png", colour[0]), colour, {given.begin(), given.end()});
  }
  const auto refused = Load(version, runtime);
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().text,
              HasSubstr("2 of 2 cases failed, probably because red and blue are swapped: with BGR pixels the model "
                        "gives the expected values; golden/204.png: class"));
}

// The training code even took the digest of the pixels as BGR.
TEST_F(LoadModelTest, GoldenFindsPixelsOfSwappedChannels) {
  TestVersion version = GoldenVersion("colours.onnx");
  Json& cases = version.fields["golden"]["cases"];
  TestVersion swapped = MakeVersion({});
  swapped.AddGolden("red", {kRed[2], kRed[1], kRed[0]});
  cases[0]["pixels_sha256"] = swapped.fields["golden"]["cases"][0]["pixels_sha256"];
  EXPECT_THAT(Refusal(version),
              AllOf(HasSubstr("1 of 2 cases failed, probably because the expected pixels have red and blue swapped"),
                    HasSubstr("; golden/red.png: pixels after crop and resize: expected sha256")));
}

TEST_F(LoadModelTest, GoldenFindsOtherPixels) {
  TestVersion version = GoldenVersion("colours.onnx");
  version.files["golden/red.png"] = testing::FlatPng(16, 16, {205, 51, 77});
  version.StateDigests();
  EXPECT_THAT(Refusal(version), HasSubstr("probably because preprocessing makes other pixels than in training"));
}

TEST_F(LoadModelTest, GoldenFindsOtherWeights) {
  EXPECT_THAT(Refusal(GoldenVersion("colours_weaker.onnx")), HasSubstr("or the weights are another model's"));
  EXPECT_THAT(Refusal(GoldenVersion("colours_permuted.onnx")), HasSubstr("2 of 2 cases failed"));
}

TEST_F(LoadModelTest, GoldenFindsAConstantModel) {
  constexpr char kCause[] =
      "2 of 2 cases failed, probably because the model gives the same output for different images";
  EXPECT_THAT(Refusal(GoldenVersion("constant.onnx")), HasSubstr(kCause));

  const std::vector<double> always = {0.09003057, 0.24472847, 0.66524096};  // softmax of (1, 2, 3)
  TestVersion version = MakeVersion(Fixture("constant.onnx"));
  version.AddGolden("golden/red.png", kRed, always);
  version.AddGolden("golden/green.png", kGreen, always);
  EXPECT_THAT(Refusal(version), HasSubstr(kCause)) << "even when its values agree";
}

TEST_F(LoadModelTest, GoldenFindsWhatIsNotANumber) {
  EXPECT_THAT(Refusal(GoldenVersion("nan.onnx")),
              AllOf(HasSubstr("2 of 2 cases failed, probably because the model's weights are broken"),
                    HasSubstr("golden/red.png: output \"probabilities\": value 0 is not a finite number")));
}

TEST_F(LoadModelTest, GoldenFindsAMissingSoftmax) {
  EXPECT_THAT(Refusal(GoldenVersion("logits.onnx")), HasSubstr("class red: the model gives 6.4, which is not"));
}

TEST_F(LoadModelTest, GoldenVerifiesItsImages) {
  TestVersion version = GoldenVersion("colours.onnx");
  version.files["golden/red.png"] = testing::FlatPng(16, 16, {204, 51, 78});
  EXPECT_THAT(Refusal(version), HasSubstr("golden/red.png: "));
  version.files["golden/red.png"] = Bytes(100);
  version.StateDigests();
  EXPECT_THAT(Refusal(version), HasSubstr("1 of 2 cases failed; golden/red.png: "));
  version.files.erase("golden/red.png");
  EXPECT_THAT(Refusal(version), HasSubstr("1 of 2 cases failed; golden/red.png: "));
}

TEST_F(LoadModelTest, ALibraryFailureInAGoldenCaseIsTheMachines) {
  TestVersion version = MakeVersion({});
  const std::string model = runtime::testing::FakeModel(1, "fail");
  version.files["model.onnx"] = Bytes(model.begin(), model.end());
  version.AddGolden("golden/red.png", kRed);
  version.StateDigests();
  const auto loaded = Load(version, runtime::testing::FakeRuntime());
  ASSERT_FALSE(loaded);
  EXPECT_EQ(loaded.error().code, ErrorCode::kMachine);
  EXPECT_EQ(loaded.error().text, "colours v1: golden/red.png: fake model: told to fail");
}

// A library of another release, or for another processor, as a service may have: it answers a little differently.
class DriftingRuntime final : public runtime::Runtime {
 public:
  manifest::Format format() const override { return exact_.format(); }
  std::string name() const override { return "drifting"; }
  std::string version() const override { return "2.0"; }
  Result<std::unique_ptr<runtime::Session>> Load(ByteView model, const runtime::ModelContract& contract,
                                                 const runtime::SessionOptions& options) const override {
    LOTMARK_ASSIGN_OR_RETURN(auto session, exact_.Load(model, contract, options));
    return std::unique_ptr<runtime::Session>(std::make_unique<Session>(std::move(session)));
  }

 private:
  class Session final : public runtime::Session {
   public:
    explicit Session(std::unique_ptr<runtime::Session> exact) : exact_(std::move(exact)) {}
    Result<runtime::Output> Run(std::span<const float> tensor) const override {
      LOTMARK_ASSIGN_OR_RETURN(auto output, exact_->Run(tensor));
      output.probabilities[0] += 0.01f;
      return output;
    }
    const runtime::RuntimeFacts& facts() const override { return exact_->facts(); }

   private:
    std::unique_ptr<runtime::Session> exact_;
  };

  runtime::testing::FakeRuntime exact_;
};

// Why a service runs the cases itself: what passed where it was activated may fail where it would serve.
TEST_F(LoadModelTest, GoldenJudgesTheSessionThatWillServe) {
  const std::string fake = runtime::testing::FakeModel(7);
  TestVersion version = MakeVersion(Bytes(fake.begin(), fake.end()));
  const runtime::testing::FakeRuntime exact;
  const auto model = Load(version, exact);
  ASSERT_TRUE(model) << model.error().text;
  for (const testing::Rgb& colour : {kRed, kGreen}) {
    const auto given = Classify(**model, testing::FlatPng(16, 16, colour));
    ASSERT_TRUE(given) << given.error().text;
    version.AddGolden(fmt::format("golden/{}.png", colour[0]), colour,
                      {given->probabilities.begin(), given->probabilities.end()});
  }
  EXPECT_TRUE(Load(version, exact));
  const auto refused = Load(version, DriftingRuntime());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kRefused);
  EXPECT_THAT(refused.error().text, HasSubstr("golden test classification: 2 of 2 cases failed"));
}

TEST_F(LoadModelTest, TheGoldenRunAloneIsReportedAndNotJudged) {
  fs::TempFolder folder;
  const auto dir = fs::OpenPosixDir(folder.path());
  ASSERT_TRUE(dir);
  const auto manifest = WriteVersion(GoldenVersion("colours_weaker.onnx"), **dir);
  const auto run = LoadAndRunGolden(**dir, manifest, manifest::Format::kOnnx, *onnx_);
  ASSERT_TRUE(run) << run.error().text;
  EXPECT_EQ(run->artifact_sha256, Sha256Of(Fixture("colours_weaker.onnx")));
  EXPECT_EQ(run->runtime.name, "onnxruntime");
  EXPECT_FALSE(run->report.passed());
  ASSERT_EQ(run->report.cases.size(), 2u);
  const GoldenCaseResult& red = run->report.cases[0];
  EXPECT_EQ(red.top_class, "red");
  EXPECT_GT(red.worst_difference, 1e-4);
  EXPECT_TRUE(red.image_sha256 && red.pixels_sha256 && red.output_sha256);
  EXPECT_NE(red.failure, "");

  EXPECT_TRUE((*dir)->RemoveFile("model.onnx"));
  EXPECT_FALSE(LoadAndRunGolden(**dir, manifest, manifest::Format::kOnnx, *onnx_));
}

TEST_F(LoadModelTest, IgnoresGoldenCasesOfOtherFormats) {
  TestVersion version = GoldenVersion("colours.onnx");
  version.fields["formats"]["tflite"] = version.fields["formats"]["onnx"];
  version.fields["formats"]["tflite"]["path"] = "model.tflite";
  for (Json& golden : version.fields["golden"]["cases"]) {
    golden["probabilities"] = {{"tflite", {1.0, 0.0, 0.0}}};
  }
  const auto model = Load(version);
  ASSERT_TRUE(model) << model.error().text;
  EXPECT_EQ((*model)->golden().Summary(), "no golden cases");
}

// Workers are the only threads that run models, also while two versions are loaded.
TEST_F(LoadModelTest, ASecondVersionAddsNoThread) {
  const auto threads = [] { return std::distance(std::filesystem::directory_iterator("/proc/self/task"), {}); };
  const Bytes image = testing::FlatPng(20, 10, kRed);
  const auto first = Load(GoldenVersion("colours.onnx"));
  ASSERT_TRUE(first && Classify(**first, image));
  const auto before = threads();
  const auto second = Load(GoldenVersion("colours.onnx"));
  ASSERT_TRUE(second && Classify(**second, image) && Classify(**first, image));
  EXPECT_EQ(threads(), before);
}

}  // namespace
}  // namespace lotmark::classify
