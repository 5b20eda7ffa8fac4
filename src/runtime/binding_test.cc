#include "runtime/binding.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace lotmark::runtime {
namespace {

using ::testing::HasSubstr;

const std::vector<ModelTensor> kInputs = {{"input", "float32", {-1, 3, 8, 8}}};
const std::vector<ModelTensor> kOutputs = {{"embedding", "float32", {-1, 16}}, {"probabilities", "float32", {-1, 3}}};

ModelContract Contract() {
  ModelContract contract;
  contract.classes = 3;
  contract.inputs = {{"input", {1, 3, 8, 8}, manifest::ElementType::kFloat32}};
  contract.outputs = {{"probabilities", {1, 3}, manifest::ElementType::kFloat32},
                      {"embedding", {1, 16}, manifest::ElementType::kFloat32}};
  contract.embedding = manifest::EmbeddingSpec{"embedding", 16};
  contract.input_shape = {1, 3, 8, 8};
  return contract;
}

ModelContract ContractWithoutNames() {
  ModelContract contract;
  contract.classes = 3;
  contract.input_shape = {1, 3, 8, 8};
  return contract;
}

TEST(Bind, FindsOutputsByNameWhateverTheirOrder) {
  const auto binding = Bind(kInputs, kOutputs, Contract());
  ASSERT_TRUE(binding) << binding.error().text;
  EXPECT_EQ(binding->input, "input");
  EXPECT_EQ(binding->probabilities, "probabilities");
  EXPECT_EQ(binding->embedding, "embedding");
  EXPECT_TRUE(binding->sizes_are_known);
}

TEST(Bind, NeedsNoNamesForOneInputAndOneOutput) {
  const auto binding = Bind({{"x", "float32", {1, 3, 8, 8}}}, {{"y", "float32", {1, 3}}}, ContractWithoutNames());
  ASSERT_TRUE(binding) << binding.error().text;
  EXPECT_EQ(binding->input, "x");
  EXPECT_EQ(binding->probabilities, "y");
  EXPECT_EQ(binding->embedding, "");
}

TEST(Bind, SaysWhenOnlyARunCanShowTheClassCount) {
  const auto binding = Bind(kInputs, {{"y", "float32", {-1, -1}}}, ContractWithoutNames());
  ASSERT_TRUE(binding) << binding.error().text;
  EXPECT_FALSE(binding->sizes_are_known);
}

TEST(Bind, AcceptsAnOpenSizeOnEitherSide) {
  auto contract = Contract();
  contract.inputs[0].shape = {1, 3, -1, -1};
  EXPECT_TRUE(Bind({{"input", "float32", {1, 3, 8, 8}}}, kOutputs, contract));
  EXPECT_TRUE(Bind({{"input", "float32", {-1, -1, -1, -1}}}, kOutputs, Contract()));
}

TEST(Bind, AcceptsProbabilitiesWithExtraSizesOfOne) {
  EXPECT_TRUE(Bind(kInputs, {{"y", "float32", {1, 3, 1, 1}}}, ContractWithoutNames()));
}

struct BadModel {
  std::string what;
  std::vector<ModelTensor> inputs, outputs;
  std::string expected;
};

TEST(Bind, RefusesAModelThatIsNotTheManifests) {
  const std::vector<BadModel> table = {
      {"no input", {}, kOutputs, "exactly one, this one has 0 (none)"},
      {"two inputs", {{"a", "float32", {1}}, {"b", "float32", {1}}}, kOutputs, "exactly one, this one has 2 (a, b)"},
      {"input name",
       {{"pixels", "float32", {1, 3, 8, 8}}},
       kOutputs,
       "the manifest names \"input\", the model has \"pixels\""},
      {"input type", {{"input", "int8", {1, 3, 8, 8}}}, kOutputs, "the manifest says float32, the model has int8"},
      {"input size",
       {{"input", "float32", {1, 3, 9, 8}}},
       kOutputs,
       "the manifest says [1, 3, 8, 8], the model has [1, 3, 9, 8]"},
      {"input layout", {{"input", "float32", {1, 8, 8, 3}}}, kOutputs, "the model has [1, 8, 8, 3]"},
      {"input rank", {{"input", "float32", {1, 192}}}, kOutputs, "the model has [1, 192]"},
      {"batch of two", {{"input", "float32", {2, 3, 8, 8}}}, kOutputs, "the model has [2, 3, 8, 8]"},
      {"output absent",
       kInputs,
       {{"embedding", "float32", {1, 16}}, {"scores", "float32", {1, 3}}},
       "the manifest names \"probabilities\", the model has embedding, scores"},
      {"output type",
       kInputs,
       {{"embedding", "float32", {1, 16}}, {"probabilities", "int64", {1, 3}}},
       "the model has int64"},
      {"output size",
       kInputs,
       {{"embedding", "float32", {1, 16}}, {"probabilities", "float32", {1, 4}}},
       "the manifest says [1, 3], the model has [1, 4]"},
      {"embedding size",
       kInputs,
       {{"embedding", "float32", {1, 15}}, {"probabilities", "float32", {1, 3}}},
       "the manifest says [1, 16], the model has [1, 15]"},
      {"a control character in a name",
       {{"in\x1b[2Jput", "float32", {1, 3, 8, 8}}},
       kOutputs,
       "the model has \"in\\x1b[2Jput\""},
  };
  for (const auto& bad : table) {
    SCOPED_TRACE(bad.what);
    const auto binding = Bind(bad.inputs, bad.outputs, Contract());
    ASSERT_FALSE(binding);
    EXPECT_EQ(binding.error().code, ErrorCode::kRefused);
    EXPECT_THAT(binding.error().text, HasSubstr(bad.expected));
  }
}

TEST(Bind, RefusesAnotherClassCountWithoutNames) {
  for (const auto& shape : std::vector<std::vector<int64_t>>{
           {1, 4}, {-1, 4}, {1, 0}, {1, 3, 2}, {1, -1, 2}, {int64_t{1} << 40, int64_t{1} << 40}}) {
    SCOPED_TRACE(ShapeText(shape));
    const auto binding = Bind(kInputs, {{"y", "float32", shape}}, ContractWithoutNames());
    ASSERT_FALSE(binding);
    EXPECT_THAT(binding.error().text, HasSubstr("the manifest says 3 classes, the model gives " + ShapeText(shape)));
  }
}

TEST(Bind, RefusesTwoOutputsWithoutNames) {
  const auto binding = Bind(kInputs, kOutputs, ContractWithoutNames());
  ASSERT_FALSE(binding);
  EXPECT_THAT(binding.error().text, HasSubstr("the manifest names none, and the model has 2"));
  EXPECT_THAT(binding.error().hint, HasSubstr("Name the outputs"));
}

TEST(Bind, RefusesAManifestThatContradictsItself) {
  auto only_embedding = Contract();
  only_embedding.outputs = {only_embedding.outputs[1]};
  EXPECT_THAT(Bind(kInputs, kOutputs, only_embedding).error().text, HasSubstr("names only the embedding"));

  auto other_size = Contract();
  other_size.input_shape = {1, 3, 16, 16};
  EXPECT_THAT(Bind(kInputs, kOutputs, other_size).error().text, HasSubstr("its preprocessing makes [1, 3, 16, 16]"));

  auto missing = Contract();
  missing.embedding->output = "features";
  EXPECT_THAT(Bind(kInputs, kOutputs, missing).error().text, HasSubstr("embedding: the manifest names output"));

  auto two_inputs = Contract();
  two_inputs.inputs.push_back(two_inputs.inputs[0]);
  EXPECT_THAT(Bind(kInputs, kOutputs, two_inputs).error().text, HasSubstr("the manifest lists 2, the model has one"));
}

}  // namespace
}  // namespace lotmark::runtime
