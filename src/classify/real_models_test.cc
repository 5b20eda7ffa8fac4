// Real models through the real runtime: the demo models of this repository, and where the folder ../shared/realdata
// lies beside it, a published 9-class ISIC classifier with real dermoscopy images.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <sstream>

#include "classify/classifier.h"
#include "classify/testing/test_version.h"
#include "fs/file_ops.h"
#include "fs/posix_fs.h"
#include "fs/testing/temp_folder.h"
#include "runtime_onnx/testing/fixtures.h"

namespace lotmark::classify {
namespace {

constexpr uint64_t kMaxFile = 64 << 20;
const std::string kSource = LOTMARK_SOURCE_DIR;

Bytes ReadFile(fs::Dir& folder, const std::string& path) {
  auto bytes = fs::ReadWholeFile(folder, path, kMaxFile);
  EXPECT_TRUE(bytes) << path;
  return bytes ? std::move(*bytes) : Bytes();
}

// Lines of fields; the first line holds their names. No quoting in these files.
std::vector<std::vector<std::string>> ReadCsv(fs::Dir& folder, const std::string& path) {
  std::vector<std::vector<std::string>> lines;
  const Bytes bytes = ReadFile(folder, path);
  std::istringstream text{std::string(AsText(bytes))};
  for (std::string line; std::getline(text, line);) {
    if (!line.empty() && line.back() == '\r') line.pop_back();
    std::istringstream fields(line);
    lines.emplace_back();
    for (std::string field; std::getline(fields, field, ',');) lines.back().push_back(field);
  }
  return lines;
}

Result<std::shared_ptr<const LoadedModel>> LoadDemo(fs::Dir& demo, const std::string& version) {
  LOTMARK_ASSIGN_OR_RETURN(const auto folder, demo.OpenDir("models/" + version));
  const Bytes bytes = ReadFile(*folder, std::string(manifest::kManifestFile));
  LOTMARK_ASSIGN_OR_RETURN(const auto manifest, manifest::Manifest::Parse(std::string(AsText(bytes))));
  return LoadModel(*folder, manifest, manifest::Format::kOnnx, *runtime_onnx::testing::MakeRuntime());
}

const std::string& TopClass(const LoadedModel& model, const Prediction& prediction) {
  return model.manifest().classes()[prediction.top.front().index];
}

class DemoModelTest : public ::testing::TestWithParam<const char*> {};

TEST_P(DemoModelTest, PassesItsGoldenCasesAndClassifiesTheSampleImages) {
  const auto demo = fs::OpenPosixDir(kSource + "/demo");
  ASSERT_TRUE(demo) << demo.error().text;
  const auto model = LoadDemo(**demo, GetParam());
  ASSERT_TRUE(model) << model.error().text;
  EXPECT_EQ((*model)->golden().origin, manifest::GoldenOrigin::kTraining);
  EXPECT_GE((*model)->golden().cases.size(), 2u);

  auto labels = ReadCsv(**demo, "images/labels.csv");
  ASSERT_GE(labels.size(), 2u);
  labels.erase(labels.begin());
  size_t right = 0;
  for (const auto& label : labels) {
    const auto prediction = Classify(**model, ReadFile(**demo, "images/" + label[0]));
    ASSERT_TRUE(prediction) << label[0] << ": " << prediction.error().text;
    EXPECT_EQ(prediction->embedding.size(), static_cast<size_t>((*model)->manifest().embedding()->length));
    if (TopClass(**model, *prediction) == label[1]) ++right;
  }
  fmt::print("demo {}: {}; {} of {} sample images as labelled\n", GetParam(), (*model)->golden().Summary(), right,
             labels.size());
  EXPECT_GE(right * 2, labels.size());
}

INSTANTIATE_TEST_SUITE_P(Versions, DemoModelTest, ::testing::Values("2023-v1", "2024-v1"));

testing::TestVersion IsicVersion(Bytes model) {
  testing::TestVersion version = testing::MakeVersion(std::move(model));
  version.fields["model_name"] = "isic9_teachablemachine";
  version.fields["classes"] = {
      "actinic_keratosis",          "basal_cell_carcinoma", "dermatofibroma",          "melanoma",       "nevus",
      "pigmented_benign_keratosis", "seborrheic_keratosis", "squamous_cell_carcinoma", "vascular_lesion"};
  Json& onnx = version.fields["formats"]["onnx"];
  onnx["inputs"] = {{{"name", "input"}, {"shape", {1, 224, 224, 3}}, {"type", "float32"}}};
  onnx["outputs"] = {{{"name", "probabilities"}, {"shape", {1, 9}}, {"type", "float32"}}};
  version.fields["preprocessing"] = Json::parse(R"({"decode": "rgb8", "crop": "center_square",
                      "resize": {"width": 224, "height": 224, "filter": "bilinear"}, "divisor": 1,
                      "mean": [127.5, 127.5, 127.5], "std": [127.5, 127.5, 127.5], "layout": "NHWC"})");
  return version;
}

TEST(RealModel, AgreesWithItsReferenceOnRealDermoscopyImages) {
  const std::string path = kSource + "/../shared/realdata";
  if (!std::filesystem::exists(path)) GTEST_SKIP() << "no real data beside the repository (../shared/realdata)";
  const auto data = fs::OpenPosixDir(path);
  ASSERT_TRUE(data) << data.error().text;
  const auto version = IsicVersion(ReadFile(**data, "models/isic9_teachablemachine_float.onnx"));
  const fs::TempFolder temp;
  const auto folder = fs::OpenPosixDir(temp.path());
  ASSERT_TRUE(folder);
  const auto model = LoadModel(**folder, WriteVersion(version, **folder), manifest::Format::kOnnx,
                               *runtime_onnx::testing::MakeRuntime());
  ASSERT_TRUE(model) << model.error().text;

  auto reference = ReadCsv(**data, "reference_outputs/isic9_teachablemachine_float.onnx.csv");
  ASSERT_EQ(reference.size(), 28u);
  const auto names = reference.front();  // path, label, nine classes, argmax
  ASSERT_TRUE(std::equal(names.begin() + 2, names.begin() + 11, (*model)->manifest().classes().begin()));
  reference.erase(reference.begin());

  double worst = 0;
  size_t same_top = 0;
  for (const auto& row : reference) {
    const auto prediction = Classify(**model, ReadFile(**data, row[0]));
    ASSERT_TRUE(prediction) << row[0] << ": " << prediction.error().text;
    for (size_t i = 0; i < 9; ++i) {
      const double expected = std::strtod(row[i + 2].c_str(), nullptr);
      worst = std::max(worst, std::abs(expected - static_cast<double>(prediction->probabilities[i])));
    }
    if (TopClass(**model, *prediction) == row[11]) ++same_top;
  }
  fmt::print("real ISIC model: same top class on {} of {} images, worst difference {:.2g}\n", same_top,
             reference.size(), worst);
  EXPECT_EQ(same_top, 27u);
  EXPECT_LE(worst, 2e-3);
}

}  // namespace
}  // namespace lotmark::classify
