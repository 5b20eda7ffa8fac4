#include "classify/classifier.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <thread>

#include "classify/cpu_features.h"
#include "classify/row.h"
#include "classify/testing/test_version.h"
#include "fs/posix_fs.h"
#include "fs/testing/temp_folder.h"
#include "runtime/testing/fake_runtime.h"
#include "runtime_onnx/testing/fixtures.h"

namespace lotmark::classify {
namespace {

using runtime::testing::FakeModel;
using runtime::testing::FakeRuntime;
using ::testing::ElementsAre;
using testing::FlatPng;
using ::testing::HasSubstr;
using testing::TestVersion;

std::shared_ptr<const LoadedModel> LoadFrom(const TestVersion& version, const runtime::Runtime& runtime,
                                            const LoadOptions& options = {}) {
  const fs::TempFolder folder;
  const auto dir = fs::OpenPosixDir(folder.path());
  EXPECT_TRUE(dir);
  auto model = LoadModel(**dir, WriteVersion(version, **dir), manifest::Format::kOnnx, runtime, options);
  EXPECT_TRUE(model) << model.error().text;
  return std::move(*model);
}

std::shared_ptr<const LoadedModel> Colours(const LoadOptions& options = {}) {
  TestVersion version = testing::MakeVersion(runtime_onnx::testing::Fixture("colours_embedding.onnx"));
  version.fields["formats"]["onnx"]["outputs"].push_back(
      {{"name", "embedding"}, {"shape", {1, 5}}, {"type", "float32"}});
  version.fields["embedding"] = {{"output", "embedding"}, {"length", 5}};
  version.fields["preprocessing"]["quality"] = {{"min_sharpness", 10}, {"min_side", 8}};
  return LoadFrom(version, *runtime_onnx::testing::MakeRuntime(), options);
}

std::shared_ptr<const LoadedModel> Fake(const std::string& text) {
  return LoadFrom(testing::MakeVersion(Bytes(text.begin(), text.end())), FakeRuntime());
}

TEST(Classify, GivesProbabilitiesRankingAndDigests) {
  const auto model = Colours();
  const Bytes image = FlatPng(20, 10, {26, 230, 51});
  const auto prediction = Classify(*model, image);
  ASSERT_TRUE(prediction) << prediction.error().text;

  ASSERT_EQ(prediction->probabilities.size(), 3u);
  ASSERT_EQ(prediction->top.size(), 3u);
  EXPECT_EQ(prediction->top[0].index, 1u);
  EXPECT_EQ(prediction->top[1].index, 2u);
  EXPECT_EQ(prediction->top[2].index, 0u);
  EXPECT_EQ(prediction->top[0].probability, prediction->probabilities[1]);
  EXPECT_GT(prediction->top[0].probability, 0.99f);
  EXPECT_EQ(prediction->embedding.size(), 5u);

  EXPECT_EQ(prediction->image_sha256, Sha256Of(image));
  std::vector<float> tensor;
  for (const float channel : {26.0f, 230.0f, 51.0f}) tensor.insert(tensor.end(), 16, channel / 255);
  EXPECT_EQ(prediction->tensor_sha256, Sha256Of(FloatBytes(tensor)));
  EXPECT_EQ(prediction->output_sha256, Sha256Of(FloatBytes(prediction->probabilities)));
}

TEST(Classify, WritesFloatsLittleEndian) {
  const std::vector<float> one = {1.0f};
  const ByteView bytes = FloatBytes(one);
  EXPECT_THAT(Bytes(bytes.begin(), bytes.end()), ElementsAre(0x00, 0x00, 0x80, 0x3F));
}

TEST(Classify, GivesTheSameBitsInEverySessionAndThread) {
  const Bytes image = FlatPng(20, 10, {90, 110, 100});
  const auto first = Classify(*Colours(), image);
  ASSERT_TRUE(first) << first.error().text;
  const auto model = Colours({.intra_op_threads = 2});
  std::vector<int> differing(4);
  std::vector<std::thread> threads;
  for (int& count : differing) {
    threads.emplace_back([&] {
      for (int i = 0; i < 50; ++i) {
        const auto other = Classify(*model, image);
        if (!other || other->output_sha256 != first->output_sha256) ++count;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_THAT(differing, ::testing::Each(0));
}

TEST(Classify, WarnsAboutQualityAndGivesAResultAllTheSame) {
  const auto prediction = Classify(*Colours(), FlatPng(20, 6, {26, 230, 51}));
  ASSERT_TRUE(prediction) << prediction.error().text;
  EXPECT_EQ(prediction->quality.sharpness, 0);
  EXPECT_EQ(prediction->quality.width, 20);
  EXPECT_EQ(prediction->quality.height, 6);
  EXPECT_EQ(prediction->warnings.size(), 2u);
}

TEST(Classify, RefusesWhatIsNotAnImage) {
  const auto model = Colours();
  Bytes cut = FlatPng(20, 10, {1, 2, 3});
  cut.resize(cut.size() / 2);
  for (const Bytes& image : {Bytes(), Bytes(1000), cut}) {
    const auto prediction = Classify(*model, image);
    ASSERT_FALSE(prediction);
    EXPECT_EQ(prediction.error().code, ErrorCode::kRefused);
  }
}

TEST(Classify, HonoursTheDecodeLimits) {
  image::DecodeLimits limits;
  limits.max_pixels = 100;
  const auto prediction = Classify(*Colours({.decode_limits = limits}), FlatPng(20, 10, {1, 2, 3}));
  ASSERT_FALSE(prediction);
  EXPECT_EQ(prediction.error().code, ErrorCode::kTooLarge);
}

TEST(Classify, RefusesOutputThatIsNoProbability) {
  const auto prediction = Classify(*Fake(FakeModel(1, "logits")), FlatPng(8, 8, {200, 200, 200}));
  ASSERT_FALSE(prediction);
  EXPECT_EQ(prediction.error().code, ErrorCode::kModelFault);
  EXPECT_THAT(prediction.error().text, HasSubstr("which is not a probability"));
}

TEST(Classify, PassesOnAFailureOfTheLibrary) {
  const auto prediction = Classify(*Fake(FakeModel(1, "fail")), FlatPng(8, 8, {1, 2, 3}));
  ASSERT_FALSE(prediction);
  EXPECT_EQ(prediction.error().code, ErrorCode::kMachine);
}

TEST(Classify, MeasuresTheTimeOfTheModelApart) {
  const auto prediction = Classify(*Fake(FakeModel(1, "", 20)), FlatPng(8, 8, {1, 2, 3}));
  ASSERT_TRUE(prediction) << prediction.error().text;
  EXPECT_GE(prediction->inference_time.count(), 20'000);
  EXPECT_LT(prediction->decode_time.count(), 20'000);
}

TEST(MakeRow, FillsEveryColumn) {
  const auto model = Colours();
  const auto prediction = Classify(*model, FlatPng(20, 6, {26, 230, 51}));
  ASSERT_TRUE(prediction) << prediction.error().text;
  const Uuid id = Uuid::V4();
  const UtcTime time{std::chrono::microseconds(1'700'000'000'000'000)};
  records::References references;
  references.patient_id = "p1";
  const records::ClassificationRow row = MakeRow(*model, *prediction,
                                                 {.id = id,
                                                  .time = time,
                                                  .source = records::Source::kCli,
                                                  .replica = "host-1",
                                                  .latency = std::chrono::microseconds(1234),
                                                  .references = references});
  EXPECT_EQ(row.id, id);
  EXPECT_EQ(row.time, time);
  EXPECT_EQ(row.model_name.text(), "colours");
  EXPECT_EQ(row.model_version.text(), "v1");
  EXPECT_EQ(row.manifest_sha256, model->manifest().digest());
  EXPECT_EQ(row.artifact_sha256, Sha256Of(runtime_onnx::testing::Fixture("colours_embedding.onnx")));
  EXPECT_EQ(row.format, "onnx");
  EXPECT_EQ(row.runtime_name, "onnxruntime");
  EXPECT_EQ(row.runtime_version, model->session().facts().version);
  EXPECT_EQ(row.runtime_provider, "CPUExecutionProvider");
  EXPECT_EQ(row.runtime_options, model->runtime_options());
  EXPECT_EQ(row.cpu_features, CpuFeatures());
  EXPECT_EQ(row.preprocessing_sha256, Sha256Of(model->preprocessing().Canonical()));
  EXPECT_EQ(row.image_sha256, prediction->image_sha256);
  EXPECT_EQ(row.tensor_sha256, prediction->tensor_sha256);
  EXPECT_EQ(row.output_sha256, prediction->output_sha256);
  EXPECT_THAT(row.classes, ElementsAre("red", "green", "blue"));
  EXPECT_EQ(row.probabilities, prediction->probabilities);
  EXPECT_EQ(row.top_class, "green");
  EXPECT_EQ(row.confidence, static_cast<double>(prediction->probabilities[1]));
  EXPECT_EQ(row.warnings, prediction->warnings);
  EXPECT_EQ(row.sharpness, prediction->quality.sharpness);
  EXPECT_EQ(row.brightness, prediction->quality.brightness);
  EXPECT_EQ(row.source, records::Source::kCli);
  EXPECT_EQ(row.replica, "host-1");
  EXPECT_EQ(row.latency_micros, 1234);
  EXPECT_EQ(row.references, references);
}

TEST(CpuFeatures, NamesTheArchitectureAndNeverChanges) {
  EXPECT_THAT(CpuFeatures(), ::testing::MatchesRegex("[a-z0-9_]+(,[a-z0-9]+)*"));
  EXPECT_EQ(CpuFeatures(), CpuFeatures());
}

}  // namespace
}  // namespace lotmark::classify
