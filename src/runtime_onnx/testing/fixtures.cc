#include "runtime_onnx/testing/fixtures.h"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

#include "runtime_onnx/onnx_runtime.h"

namespace lotmark::runtime_onnx::testing {

Bytes Fixture(const std::string& name) {
  std::ifstream file(std::string(LOTMARK_SOURCE_DIR) + "/src/runtime_onnx/testdata/" + name, std::ios::binary);
  EXPECT_TRUE(file) << name;
  return Bytes(std::istreambuf_iterator<char>(file), {});
}

std::unique_ptr<runtime::Runtime> MakeRuntime() {
  auto made = MakeOnnxRuntime();
  EXPECT_TRUE(made) << made.error().text;
  return std::move(*made);
}

runtime::ModelContract ColoursContract() {
  runtime::ModelContract contract;
  contract.classes = 3;
  contract.inputs = {{"input", {1, 3, 4, 4}, manifest::ElementType::kFloat32}};
  contract.outputs = {{"probabilities", {1, 3}, manifest::ElementType::kFloat32}};
  contract.input_shape = {1, 3, 4, 4};
  return contract;
}

std::vector<float> ColourTensor(float red, float green, float blue) {
  std::vector<float> tensor;
  for (const float channel : {red, green, blue}) tensor.insert(tensor.end(), 16, channel);
  return tensor;
}

}  // namespace lotmark::runtime_onnx::testing
