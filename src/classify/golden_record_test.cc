#include "classify/golden_record.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "classify/testing/test_version.h"
#include "fs/testing/mem_fs.h"
#include "manifest/golden_edit.h"
#include "runtime/testing/fake_runtime.h"

namespace lotmark::classify {
namespace {

using testing::FlatPng;
using ::testing::HasSubstr;
using testing::MakeVersion;
using testing::TestVersion;

class RecordGoldenTest : public ::testing::Test {
 protected:
  static TestVersion FakeVersion(const std::string& mode = "") {
    const std::string model = runtime::testing::FakeModel(7, mode);
    return MakeVersion(Bytes(model.begin(), model.end()));
  }

  Result<std::shared_ptr<const LoadedModel>> Load(const TestVersion& version) {
    fs::MemFs machine;
    const auto folder = machine.Root();
    return LoadModel(*folder, WriteVersion(version, *folder), manifest::Format::kOnnx, runtime_);
  }

  const runtime::testing::FakeRuntime runtime_;
  const std::vector<GoldenImage> images_ = {{"golden/red.png", FlatPng(20, 10, {204, 51, 77})},
                                            {"golden/green.png", FlatPng(8, 8, {26, 230, 51})}};
};

TEST_F(RecordGoldenTest, WhatIsRecordedAgrees) {
  TestVersion version = FakeVersion();
  const auto model = Load(version);
  ASSERT_TRUE(model) << model.error().text;
  const auto golden = RecordGolden(**model, images_, 1e-5);
  ASSERT_TRUE(golden) << golden.error().text;
  EXPECT_EQ(golden->origin, manifest::GoldenOrigin::kRecorded);
  EXPECT_EQ(golden->tolerance, 1e-5);
  ASSERT_EQ(golden->cases.size(), 2u);
  EXPECT_EQ(golden->cases[0].image.sha256, Sha256Of(images_[0].bytes));
  EXPECT_TRUE(golden->cases[0].pixels_sha256 && golden->cases[0].top_class);

  version.fields = Json::parse(manifest::WithGolden(DumpJson(version.fields), *golden));
  for (const GoldenImage& image : images_) version.files[image.path] = image.bytes;
  const auto again = Load(version);
  ASSERT_TRUE(again) << again.error().text;
  EXPECT_EQ((*again)->golden().cases.size(), 2u);
  EXPECT_LT((*again)->golden().worst_difference(), 1e-8);
}

TEST_F(RecordGoldenTest, RefusesWhatIsNoImage) {
  const auto model = Load(FakeVersion());
  ASSERT_TRUE(model) << model.error().text;
  const auto golden = RecordGolden(**model, {images_[0], {"golden/text.png", Bytes(10, 'x')}}, 1e-4);
  ASSERT_FALSE(golden);
  EXPECT_EQ(golden.error().code, ErrorCode::kRefused);
  EXPECT_THAT(golden.error().text, HasSubstr("golden/text.png: "));
}

TEST_F(RecordGoldenTest, RefusesAConstantModel) {
  const auto model = Load(FakeVersion("constant"));
  ASSERT_TRUE(model) << model.error().text;
  const auto golden = RecordGolden(**model, images_, 1e-4);
  ASSERT_FALSE(golden);
  EXPECT_THAT(golden.error().text, HasSubstr("the same output for different images"));
}

TEST_F(RecordGoldenTest, RefusesABrokenModel) {
  const auto model = Load(FakeVersion("nan"));
  ASSERT_TRUE(model) << model.error().text;
  const auto golden = RecordGolden(**model, images_, 1e-4);
  ASSERT_FALSE(golden);
  EXPECT_EQ(golden.error().code, ErrorCode::kModelFault);
}

}  // namespace
}  // namespace lotmark::classify
