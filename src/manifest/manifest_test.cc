#include "manifest/manifest.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "manifest/testing/test_data.h"

namespace lotmark::manifest {
namespace {

using ::testing::ElementsAre;
using testing::FullJson;
using testing::FullText;
using ::testing::IsEmpty;
using testing::TestData;
using testing::Without;

Manifest Parsed(const std::string& text) {
  auto manifest = Manifest::Parse(text);
  if (!manifest) throw std::runtime_error(manifest.error().text);
  return std::move(*manifest);
}

TEST(Manifest, KeepsItsBytesAndNamesThemByDigest) {
  const Manifest manifest = Parsed(FullText());
  EXPECT_EQ(manifest.bytes(), FullText());
  EXPECT_EQ(manifest.digest(), Sha256Of(FullText()));
  EXPECT_NE(Parsed(FullText() + " ").digest(), manifest.digest());
}

TEST(Manifest, ReadsTheFieldsOfTheAdr) {
  const Manifest manifest = Parsed(FullText());
  EXPECT_EQ(manifest.model_name().text(), "lesion_cnn_demo");
  EXPECT_EQ(manifest.version().text(), "2024-v1");
  EXPECT_EQ(manifest.training_dataset(), "synthetic lesion drawings (12,000 images, seed 2024)");
  EXPECT_EQ(manifest.export_date(), "2026-11-23");
  EXPECT_EQ(manifest.source_framework(), "PyTorch 2.5.1");
  EXPECT_EQ(manifest.previous_version()->text(), "2023-v1");
  EXPECT_EQ(manifest.accuracy().size(), 3u);
  EXPECT_EQ(manifest.accuracy().at("top3"), 1.0);
}

TEST(Manifest, ReadsWhatAServiceNeeds) {
  const Manifest manifest = Parsed(FullText());
  EXPECT_THAT(manifest.classes(), ElementsAre("melanoma", "nevus", "vascular lesion"));
  EXPECT_EQ(manifest.embedding()->output, "embedding");
  EXPECT_EQ(manifest.embedding()->length, 16);
  const Golden& golden = *manifest.golden();
  EXPECT_EQ(golden.origin, GoldenOrigin::kTraining);
  EXPECT_EQ(golden.tolerance, 0.0005);
  ASSERT_EQ(golden.cases.size(), 2u);
  EXPECT_EQ(golden.cases[0].image.path, "golden/melanoma_01.png");
  EXPECT_EQ(golden.cases[0].pixels_sha256, Sha256Of("e"));
  EXPECT_THAT(golden.cases[0].probabilities.at(Format::kTflite), ElementsAre(0.89, 0.07, 0.04));
  EXPECT_EQ(golden.cases[1].image.size, 54321u);
}

TEST(Manifest, AFormatUsesItsOwnValuesAndElseThoseAtTheTop) {
  const Manifest manifest = Parsed(FullText());
  const Artifact& onnx = *manifest.artifact(Format::kOnnx);
  EXPECT_EQ(onnx.file->path, "lesion_cnn.onnx");
  EXPECT_EQ(onnx.file->field, "formats.onnx");
  EXPECT_EQ(onnx.file->sha256, Sha256Of("a"));
  EXPECT_EQ(onnx.file->size, 412345u);
  EXPECT_EQ(onnx.external_data[0].field, "formats.onnx.external_data[0]");
  EXPECT_EQ(onnx.inputs[0].name, "input");
  EXPECT_THAT(onnx.inputs[0].shape, ElementsAre(-1, 3, 96, 64));
  EXPECT_EQ(onnx.outputs[0].name, "probabilities");
  EXPECT_EQ(onnx.preprocessing->height, 96);
  EXPECT_EQ(onnx.preprocessing->quality.min_side, 96);
  const Artifact& tflite = *manifest.artifact(Format::kTflite);
  EXPECT_EQ(tflite.inputs[0].type, ElementType::kUint8);
  EXPECT_EQ(tflite.outputs[1].name, "StatefulPartitionedCall:0");
  EXPECT_EQ(tflite.preprocessing->layout, Layout::kNhwc);
  EXPECT_EQ(tflite.preprocessing->exif_orientation, ExifOrientation::kIgnore);
  EXPECT_EQ(tflite.preprocessing->divisor, 1.0f);
  EXPECT_EQ(tflite.quantization, "INT8");
  const Artifact& tensorrt = *manifest.artifact(Format::kTensorRt);
  EXPECT_TRUE(tensorrt.built_on_device);
  EXPECT_FALSE(tensorrt.file);
  EXPECT_EQ(tensorrt.target_device, "Jetson Thor");
}

TEST(Manifest, ListsEveryFileInAFixedOrder) {
  std::vector<std::string> fields;
  for (const FileRef& file : Parsed(FullText()).Files()) fields.push_back(file.field);
  EXPECT_THAT(fields, ElementsAre("formats.onnx", "formats.tflite", "formats.onnx.external_data[0]", "golden.cases[0]",
                                  "golden.cases[1]"));
}

TEST(Manifest, AFullOneLacksNothing) {
  const Manifest manifest = Parsed(FullText());
  EXPECT_THAT(manifest.MissingForAdd(), IsEmpty());
  for (Format format : {Format::kOnnx, Format::kTensorRt, Format::kTflite}) {
    EXPECT_THAT(manifest.MissingForServing(format), IsEmpty());
  }
}

TEST(Manifest, NamesEachDigestAndSizeThatAddNeeds) {
  Json json = FullJson();
  for (const char* at : {"/formats/onnx", "/formats/tflite", "/formats/onnx/external_data/0", "/golden/cases/0"}) {
    json[Json::json_pointer(at)].erase("sha256");
    json[Json::json_pointer(at)].erase("size");
  }
  EXPECT_THAT(Parsed(DumpJson(json)).MissingForAdd(),
              ElementsAre("formats.onnx.sha256", "formats.onnx.size", "formats.onnx.external_data[0].sha256",
                          "formats.onnx.external_data[0].size", "formats.tflite.sha256", "formats.tflite.size",
                          "golden.cases[0].sha256"));
}

TEST(Manifest, APlainAdrManifestCanBeAddedAndNotServed) {
  const Manifest manifest = Parsed(TestData("adr_with_digests.json"));
  EXPECT_THAT(manifest.MissingForAdd(), IsEmpty());
  EXPECT_THAT(manifest.MissingForServing(Format::kOnnx), ElementsAre("classes", "preprocessing"));
}

TEST(Manifest, ServingNeedsWhatItNames) {
  const Json full = FullJson();
  EXPECT_THAT(Parsed(Without(full, "", "preprocessing")).MissingForServing(Format::kOnnx),
              ElementsAre("preprocessing"));
  EXPECT_THAT(Parsed(Without(full, "", "preprocessing")).MissingForServing(Format::kTflite), IsEmpty());
  EXPECT_THAT(Parsed(Without(full, "", "outputs")).MissingForServing(Format::kOnnx), ElementsAre("outputs"));
  EXPECT_THAT(Parsed(Without(full, "/formats/onnx", "sha256")).MissingForServing(Format::kOnnx),
              ElementsAre("formats.onnx.sha256"));
  EXPECT_THAT(Parsed(Without(full, "/formats", "tensorrt")).MissingForServing(Format::kTensorRt),
              ElementsAre("formats.tensorrt (not listed)"));
}

TEST(Manifest, FormatsHaveOneNameEach) {
  for (Format format : {Format::kOnnx, Format::kTensorRt, Format::kTflite}) {
    EXPECT_EQ(ParseFormat(FormatName(format)), format);
  }
  EXPECT_EQ(ParseFormat("ONNX"), std::nullopt);
  EXPECT_EQ(ElementTypeName(ElementType::kInt8), "int8");
}

TEST(Manifest, TheExampleOfTheSpecificationIsServable) {
  const std::string page = testing::ReadFile(LOTMARK_SOURCE_DIR "/doc/manifest.md");
  const size_t begin = page.find("```json\n") + 8;
  const Manifest manifest = Parsed(page.substr(begin, page.find("```", begin) - begin));
  EXPECT_THAT(manifest.MissingForAdd(), IsEmpty());
  EXPECT_THAT(manifest.MissingForServing(Format::kOnnx), IsEmpty());
  const std::string canonical = manifest.artifact(Format::kOnnx)->preprocessing->Canonical();
  EXPECT_NE(page.find("```\n" + canonical + "```"), std::string::npos) << canonical;
}

TEST(Manifest, TheDemoModelsAreServable) {
  const std::filesystem::path models = LOTMARK_SOURCE_DIR "/demo/models";
  int seen = 0;
  if (std::filesystem::is_directory(models)) {
    for (const auto& folder : std::filesystem::directory_iterator(models)) {
      const std::string text = testing::ReadFile((folder.path() / kManifestFile).string());
      if (text.empty()) continue;
      const Manifest manifest = Parsed(text);
      EXPECT_THAT(manifest.MissingForAdd(), IsEmpty()) << folder;
      EXPECT_THAT(manifest.MissingForServing(Format::kOnnx), IsEmpty()) << folder;
      EXPECT_TRUE(manifest.golden()) << folder;
      ++seen;
    }
  }
  if (seen == 0) GTEST_SKIP() << "no demo models in " << models;
}

}  // namespace
}  // namespace lotmark::manifest
