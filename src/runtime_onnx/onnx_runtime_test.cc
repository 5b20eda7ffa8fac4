#include "runtime_onnx/onnx_runtime.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <iterator>
#include <random>
#include <thread>

#include "fs/testing/temp_folder.h"
#include "runtime_onnx/testing/fixtures.h"

namespace lotmark::runtime_onnx {
namespace {

using runtime::ModelContract;
using runtime::Session;
using ::testing::AllOf;
using testing::ColoursContract;
using testing::ColourTensor;
using testing::Fixture;
using ::testing::HasSubstr;
using ::testing::Not;

class OnnxRuntimeTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto made = MakeOnnxRuntime();
    ASSERT_TRUE(made) << made.error().text;
    runtime_ = std::move(*made);
  }

  Result<std::unique_ptr<Session>> Load(const std::string& fixture, const ModelContract& contract = ColoursContract()) {
    return runtime_->Load(Fixture(fixture), contract, {});
  }

  std::string LoadError(const std::string& fixture, const ModelContract& contract = ColoursContract()) {
    const auto session = Load(fixture, contract);
    if (session) return "loaded";
    EXPECT_EQ(session.error().code, ErrorCode::kRefused) << session.error().text;
    return session.error().text;
  }

  std::unique_ptr<runtime::Runtime> runtime_;
};

ModelContract WithoutNames() {
  ModelContract contract = ColoursContract();
  contract.inputs.clear();
  contract.outputs.clear();
  return contract;
}

TEST_F(OnnxRuntimeTest, SaysWhatItIs) {
  EXPECT_EQ(runtime_->format(), manifest::Format::kOnnx);
  EXPECT_EQ(runtime_->name(), "onnxruntime");
  EXPECT_THAT(runtime_->version(), ::testing::MatchesRegex("1\\.[0-9]+\\.[0-9]+"));
}

TEST_F(OnnxRuntimeTest, GivesProbabilitiesInTheModelsOrder) {
  const auto session = Load("colours.onnx");
  ASSERT_TRUE(session) << session.error().text;
  const auto output = (*session)->Run(ColourTensor(0, 1, 0));
  ASSERT_TRUE(output) << output.error().text;
  ASSERT_EQ(output->probabilities.size(), 3u);
  // softmax of (0, 8, 0)
  EXPECT_NEAR(output->probabilities[0], 0.00033524, 1e-7);
  EXPECT_NEAR(output->probabilities[1], 0.99932975, 1e-6);
  EXPECT_TRUE(output->embedding.empty());
}

TEST_F(OnnxRuntimeTest, RecordsWhatCanChangeBits) {
  const auto session = runtime_->Load(Fixture("colours.onnx"), ColoursContract(), {.intra_op_threads = 2});
  ASSERT_TRUE(session) << session.error().text;
  const auto& facts = (*session)->facts();
  EXPECT_EQ(facts.name, "onnxruntime");
  EXPECT_EQ(facts.version, runtime_->version());
  EXPECT_EQ(facts.provider, "CPUExecutionProvider");
  const std::map<std::string, std::string> expected = {{"graph_optimization", "all"},
                                                       {"execution_mode", "sequential"},
                                                       {"intra_op_threads", "2"},
                                                       {"x64quantprecision", "1"}};
  EXPECT_EQ(facts.options, expected);
}

TEST_F(OnnxRuntimeTest, ReadsNhwc) {
  ModelContract contract = ColoursContract();
  contract.inputs[0].shape = contract.input_shape = {1, 4, 4, 3};
  const auto session = Load("colours_nhwc.onnx", contract);
  ASSERT_TRUE(session) << session.error().text;
  std::vector<float> blue;
  for (int i = 0; i < 16; ++i) blue.insert(blue.end(), {0, 0, 1});
  const auto output = (*session)->Run(blue);
  ASSERT_TRUE(output) << output.error().text;
  EXPECT_GT(output->probabilities[2], 0.99f);
}

TEST_F(OnnxRuntimeTest, FindsTheEmbeddingByItsName) {
  ModelContract contract = ColoursContract();
  contract.outputs.push_back({"embedding", {1, 5}, manifest::ElementType::kFloat32});
  contract.embedding = manifest::EmbeddingSpec{"embedding", 5};
  const auto session = Load("colours_embedding.onnx", contract);
  ASSERT_TRUE(session) << session.error().text;
  const auto output = (*session)->Run(ColourTensor(1, 0, 0));
  ASSERT_TRUE(output) << output.error().text;
  EXPECT_GT(output->probabilities[0], 0.99f);
  EXPECT_THAT(output->embedding, ::testing::ElementsAre(0.0f, 0.1f, 0.2f, 0.3f, 0.4f));
}

TEST_F(OnnxRuntimeTest, NeedsNoNamesForOneInputAndOneOutput) {
  EXPECT_EQ(LoadError("colours.onnx", WithoutNames()), "loaded");
  EXPECT_THAT(LoadError("colours_embedding.onnx", WithoutNames()), HasSubstr("the manifest names none"));
}

TEST_F(OnnxRuntimeTest, RefusesAModelThatIsNotTheManifests) {
  EXPECT_THAT(LoadError("four_classes.onnx"), HasSubstr("the manifest says [1, 3], the model has [?, 4]"));
  EXPECT_THAT(LoadError("four_classes.onnx", WithoutNames()), HasSubstr("the manifest says 3 classes"));
  EXPECT_THAT(LoadError("colours_nhwc.onnx"), HasSubstr("the model has [1, 4, 4, 3]"));
  EXPECT_THAT(LoadError("batch_of_two.onnx"), HasSubstr("the model has [2, 3, 4, 4]"));
  EXPECT_THAT(LoadError("int8_input.onnx"), HasSubstr("the manifest says float32, the model has int8"));
  EXPECT_THAT(LoadError("int8_input.onnx", WithoutNames()), HasSubstr("only float32 is supported, the model has int8"));
  EXPECT_THAT(LoadError("two_inputs.onnx"), HasSubstr("exactly one, this one has 2 (input, age)"));
}

TEST_F(OnnxRuntimeTest, FindsTheClassCountThatAModelDoesNotDeclare) {
  EXPECT_THAT(LoadError("four_classes_undeclared.onnx"),
              HasSubstr("output \"probabilities\": the manifest says 3 values, the model gave 4"));
  ModelContract four = ColoursContract();
  four.classes = 4;
  four.outputs[0].shape = {1, 4};
  EXPECT_EQ(LoadError("four_classes_undeclared.onnx", four), "loaded");
}

TEST_F(OnnxRuntimeTest, RefusesAnOutputThatIsNotANumber) {
  const auto session = Load("nan.onnx");
  ASSERT_TRUE(session) << session.error().text;
  const auto output = (*session)->Run(ColourTensor(1, 0, 0));
  ASSERT_FALSE(output);
  EXPECT_EQ(output.error().code, ErrorCode::kRefused);
  EXPECT_THAT(output.error().text, HasSubstr("output \"probabilities\": value 0 is not a finite number"));
}

TEST_F(OnnxRuntimeTest, RefusesATensorOfAnotherLength) {
  const auto session = Load("colours.onnx");
  ASSERT_TRUE(session) << session.error().text;
  const auto output = (*session)->Run(std::vector<float>(47));
  ASSERT_FALSE(output);
  EXPECT_EQ(output.error().code, ErrorCode::kRefused);
  EXPECT_THAT(output.error().text, HasSubstr("48 values are needed, 47 were given"));
}

TEST_F(OnnxRuntimeTest, TakesExternalDataFromVerifiedBytesOnly) {
  EXPECT_THAT(LoadError("external.onnx"), HasSubstr("external data: weights.bin: the model takes weights"));

  ModelContract contract = ColoursContract();
  contract.external_data["weights.bin"] = Fixture("weights.bin");
  auto session = Load("external.onnx", contract);
  ASSERT_TRUE(session) << session.error().text;
  contract.external_data.clear();  // the session must not need these bytes any more
  const auto output = (*session)->Run(ColourTensor(0, 0, 1));
  ASSERT_TRUE(output) << output.error().text;
  EXPECT_NEAR(output->probabilities[2], 0.99932975, 1e-6);

  contract.external_data["weights.bin"] = Bytes(99);  // one byte short
  EXPECT_THAT(LoadError("external.onnx", contract), HasSubstr("loading the model: ONNX Runtime: "));
}

TEST_F(OnnxRuntimeTest, RefusesExternalDataThatItCannotVerify) {
  ModelContract contract = ColoursContract();
  contract.external_data["hidden.bin"] = Bytes(12);
  EXPECT_THAT(LoadError("external_in_subgraph.onnx", contract), HasSubstr("cannot be verified"));
  EXPECT_THAT(LoadError("external_in_attribute.onnx", contract), HasSubstr("cannot be verified"));
}

TEST_F(OnnxRuntimeTest, RefusesBytesThatAreNoModel) {
  for (const std::string& bytes : {std::string(), std::string("not a model"), std::string(4096, '\0'),
                                   std::string("\x08\x08"), std::string("\0\0\0\0ORTM\0\0\0\0", 12)}) {
    const auto session = runtime_->Load(AsBytes(bytes), ColoursContract(), {});
    ASSERT_FALSE(session) << bytes.size();
    EXPECT_EQ(session.error().code, ErrorCode::kRefused);
    EXPECT_THAT(session.error().text, Not(HasSubstr("/")));
  }
}

TEST_F(OnnxRuntimeTest, RefusesEveryTruncation) {
  const Bytes model = Fixture("colours.onnx");
  for (size_t length = 0; length < model.size(); ++length) {
    SCOPED_TRACE(length);
    const auto session = runtime_->Load(ByteView(model).first(length), ColoursContract(), {});
    EXPECT_FALSE(session);
  }
}

TEST_F(OnnxRuntimeTest, AnswersForRandomDamage) {
  const Bytes model = Fixture("colours_embedding.onnx");
  std::mt19937 random(7);
  for (int i = 0; i < 300; ++i) {
    Bytes damaged = model;
    for (int flips = 0; flips < 3; ++flips) damaged[random() % damaged.size()] = static_cast<uint8_t>(random());
    const auto session = runtime_->Load(damaged, ColoursContract(), {});
    EXPECT_TRUE(session || !session.error().text.empty());
  }
}

TEST_F(OnnxRuntimeTest, PrintsNothing) {
  ::testing::internal::CaptureStderr();
  ::testing::internal::CaptureStdout();
  runtime_.reset();
  SetUp();  // starting the library counts too
  LoadError("four_classes.onnx");
  const auto garbage = runtime_->Load(AsBytes("garbage"), ColoursContract(), {});
  Bytes damaged = Fixture("colours.onnx");
  damaged[damaged.size() / 2] ^= 0xFF;
  const auto session = runtime_->Load(damaged, ColoursContract(), {});
  EXPECT_EQ(::testing::internal::GetCapturedStderr(), "");
  EXPECT_EQ(::testing::internal::GetCapturedStdout(), "");
}

TEST_F(OnnxRuntimeTest, GivesTheSameBitsToManyThreads) {
  const auto session = Load("colours.onnx");
  ASSERT_TRUE(session) << session.error().text;
  const auto tensor = ColourTensor(0.3f, 0.5f, 0.4f);
  const auto expected = (*session)->Run(tensor);
  ASSERT_TRUE(expected) << expected.error().text;

  std::vector<int> differing(4);
  std::vector<std::thread> threads;
  for (int& count : differing) {
    threads.emplace_back([&] {
      for (int i = 0; i < 200; ++i) {
        const auto output = (*session)->Run(tensor);
        if (!output || output->probabilities != expected->probabilities) ++count;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_THAT(differing, ::testing::Each(0));
}

TEST_F(OnnxRuntimeTest, LetsASessionOutliveIt) {
  auto session = Load("colours.onnx");
  ASSERT_TRUE(session) << session.error().text;
  runtime_.reset();
  EXPECT_TRUE((*session)->Run(ColourTensor(1, 0, 0)));
}

// 0 when the library has left no trace: no thread, no file.
int UseTheLibraryAndLookForTraces() {
  const fs::TempFolder home;
  setenv("HOME", home.path().c_str(), 1);
  setenv("XDG_CACHE_HOME", home.path().c_str(), 1);
  setenv("ORT_DISABLE_TELEMETRY", "0", 1);  // what a user's shell says does not count
  for (const char* name : {"CI", "ORT_RUNNING_UNIT_TESTS"}) unsetenv(name);
  const auto threads = [] { return std::distance(std::filesystem::directory_iterator("/proc/self/task"), {}); };
  const auto before = threads();
  const auto runtime = testing::MakeRuntime();
  const auto session = runtime->Load(Fixture("colours.onnx"), ColoursContract(), {});
  if (!session || !(*session)->Run(ColourTensor(1, 0, 0))) return 1;
  if (threads() != before) return 2;
  return std::filesystem::is_empty(home.path()) ? 0 : 3;
}

// Not of the fixture above and in a process of its own: the library decides once, when it first starts.
TEST(OnnxRuntimeStart, SendsNothingHome) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(std::exit(UseTheLibraryAndLookForTraces()), ::testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace lotmark::runtime_onnx
