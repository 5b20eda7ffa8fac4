#include "classify/testing/test_version.h"

#include <gtest/gtest.h>
#include <spng.h>

#include <cmath>
#include <memory>
#include <numeric>

#include "base/digest.h"
#include "fs/file_ops.h"

namespace lotmark::classify::testing {
namespace {

constexpr int kSide = 4;

std::vector<double> SoftmaxOfColour(Rgb colour) {
  std::vector<double> powers;
  for (const uint8_t channel : colour) powers.push_back(std::exp(8.0 * channel / 255));
  const double sum = std::accumulate(powers.begin(), powers.end(), 0.0);
  for (double& power : powers) power /= sum;
  return powers;
}

// Of the pixels after resizing: a picture of one colour stays one.
Digest PixelsDigest(Rgb colour) {
  Bytes pixels;
  for (int i = 0; i < kSide * kSide; ++i) pixels.insert(pixels.end(), colour.begin(), colour.end());
  return Sha256Of(pixels);
}

}  // namespace

void TestVersion::StateDigests() {
  const auto state = [this](Json& file, const char* path_key, bool with_size) {
    const Bytes& bytes = files[file[path_key].get<std::string>()];
    file["sha256"] = Sha256Of(bytes).hex();
    if (with_size) file["size"] = bytes.size();
  };
  Json& onnx = fields["formats"]["onnx"];
  state(onnx, "path", true);
  if (onnx.contains("external_data")) {
    for (Json& data : onnx["external_data"]) state(data, "path", true);
  }
  if (!fields.contains("golden")) return;
  for (Json& golden : fields["golden"]["cases"]) state(golden, "image", false);
}

void TestVersion::AddGolden(const std::string& path, Rgb colour, std::vector<double> probabilities) {
  files[path] = FlatPng(16, 16, colour);
  if (probabilities.empty()) probabilities = SoftmaxOfColour(colour);
  Json& golden = fields["golden"];
  if (golden.is_null()) golden = {{"origin", "training"}, {"tolerance", 1e-4}, {"cases", Json::array()}};
  golden["cases"].push_back({{"image", path},
                             {"sha256", Sha256Of(files[path]).hex()},
                             {"pixels_sha256", PixelsDigest(colour).hex()},
                             {"probabilities", {{"onnx", probabilities}}}});
}

TestVersion MakeVersion(Bytes model) {
  TestVersion version;
  version.fields = Json::parse(R"({
    "model_name": "colours", "version": "v1", "training_dataset": "none", "export_date": "2026-01-01",
    "source_framework": "a test",
    "formats": {"onnx": {"path": "model.onnx",
                         "inputs": [{"name": "input", "shape": [1, 3, 4, 4], "type": "float32"}],
                         "outputs": [{"name": "probabilities", "shape": [1, 3], "type": "float32"}]}},
    "classes": ["red", "green", "blue"],
    "preprocessing": {"decode": "rgb8", "crop": "none", "resize": {"width": 4, "height": 4, "filter": "bilinear"},
                      "divisor": 255, "mean": [0, 0, 0], "std": [1, 1, 1], "layout": "NCHW"},
    "accuracy": {}})");
  version.files["model.onnx"] = std::move(model);
  version.StateDigests();
  return version;
}

Bytes FlatPng(int width, int height, Rgb colour) {
  Bytes pixels;
  for (int i = 0; i < width * height; ++i) pixels.insert(pixels.end(), colour.begin(), colour.end());
  const std::unique_ptr<spng_ctx, decltype(&spng_ctx_free)> encoder(spng_ctx_new(SPNG_CTX_ENCODER), spng_ctx_free);
  spng_set_option(encoder.get(), SPNG_ENCODE_TO_BUFFER, 1);
  spng_ihdr header{};
  header.width = static_cast<uint32_t>(width);
  header.height = static_cast<uint32_t>(height);
  header.bit_depth = 8;
  header.color_type = SPNG_COLOR_TYPE_TRUECOLOR;
  spng_set_ihdr(encoder.get(), &header);
  const int error = spng_encode_image(encoder.get(), pixels.data(), pixels.size(), SPNG_FMT_PNG, SPNG_ENCODE_FINALIZE);
  EXPECT_EQ(error, 0);
  size_t size = 0;
  int fetch_error = 0;
  const std::unique_ptr<void, decltype(&std::free)> file(spng_get_png_buffer(encoder.get(), &size, &fetch_error),
                                                         std::free);
  const auto* begin = static_cast<const uint8_t*>(file.get());
  return Bytes(begin, begin + size);
}

manifest::Manifest WriteVersion(const TestVersion& version, fs::Dir& folder) {
  for (const auto& [path, bytes] : version.files) {
    const size_t slash = path.rfind('/');
    if (slash != std::string::npos) {
      EXPECT_TRUE(fs::MakeDirs(folder, path.substr(0, slash)));
    }
    auto file = folder.CreateFile(path);
    EXPECT_TRUE(file) << path;
    EXPECT_TRUE((*file)->Append(bytes));
    EXPECT_TRUE((*file)->Close());
  }
  auto manifest = manifest::Manifest::Parse(DumpJson(version.fields));
  EXPECT_TRUE(manifest) << manifest.error().text;
  return std::move(*manifest);
}

}  // namespace lotmark::classify::testing
