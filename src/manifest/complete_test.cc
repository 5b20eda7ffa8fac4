#include "manifest/complete.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fs/file_ops.h"
#include "fs/testing/mem_fs.h"
#include "manifest/manifest.h"
#include "manifest/testing/test_data.h"

namespace lotmark::manifest {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class CompleteTest : public ::testing::Test {
 protected:
  void Write(const std::string& path, const std::string& content) {
    if (const size_t slash = path.rfind('/'); slash != std::string::npos) {
      ASSERT_TRUE(fs::MakeDirs(*folder_, path.substr(0, slash)));
    }
    auto file = folder_->CreateFile(path);
    ASSERT_TRUE(file) << file.error().text;
    ASSERT_TRUE((*file)->Append(AsBytes(content)));
    ASSERT_TRUE((*file)->Close());
  }

  // The completed text of a minimal manifest whose `formats` is `formats`.
  std::string FormatsAfter(const std::string& formats) {
    const auto completed = CompleteManifest(kBefore + formats + kAfter, *folder_);
    if (!completed) return "refused: " + completed.error().text;
    const std::string& bytes = completed->bytes;
    EXPECT_TRUE(bytes.starts_with(kBefore));
    EXPECT_TRUE(bytes.ends_with(kAfter));
    return bytes.substr(kBefore.size(), bytes.size() - kBefore.size() - kAfter.size());
  }

  const std::string kBefore =
      "{\"model_name\":\"m\", \"version\" : \"1\",\t\"training_dataset\":\"d\",\r\n\"export_date\":\"2026-02-21\","
      "\"source_framework\":\"f\",\"notes\":[1.50, 1E2, {\"path\":\"x\"}, \"formats\\\"\"],\"formats.onnx\":{},\n"
      "\"formats\":";
  const std::string kAfter = ",\"accuracy\":{\"top1\":0.880}}\n\n";
  // printf abc | sha256sum
  const std::string kAbc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
  fs::MemFs machine_;
  std::unique_ptr<fs::Dir> folder_ = machine_.Root();
};

TEST_F(CompleteTest, InsertsInTheStyleOfTheObject) {
  Write("a", "abc");
  const struct {
    std::string before, after;
  } cases[] = {
      {R"({"onnx":{"path":"a"}})", R"({"onnx":{"path":"a","sha256":"@","size":3}})"},
      {R"({"onnx": {"path": "a"}})", R"({"onnx": {"path": "a", "sha256": "@", "size": 3}})"},
      {R"({"onnx": { "path" : "a" }})", R"({"onnx": { "path" : "a", "sha256" : "@", "size" : 3 }})"},
      {R"({"onnx": {"output_classes": 9, "path": "a", "x": 1}})",
       R"({"onnx": {"output_classes": 9, "path": "a", "sha256": "@", "size": 3, "x": 1}})"},
      {R"({"onnx": {"size": 3, "path": "a"}})", R"({"onnx": {"size": 3, "path": "a", "sha256": "@"}})"},
      {R"({"onnx": {"sha256": "@", "path": "a"}})", R"({"onnx": {"sha256": "@", "size": 3, "path": "a"}})"},
      {R"({"onnx": {"p\u0061th": "a"}})", R"({"onnx": {"p\u0061th": "a", "sha256": "@", "size": 3}})"},
      {R"({"\u006fnnx": {"path": "a"}})", R"({"\u006fnnx": {"path": "a", "sha256": "@", "size": 3}})"},
      {R"({"onnx": {"note": "}\\\"{[", "path": "\u0061"}})",
       R"({"onnx": {"note": "}\\\"{[", "path": "\u0061", "sha256": "@", "size": 3}})"},
      {"{\n\t\"onnx\": {\n\t\t\"path\": \"a\"\n\t}\n}",
       "{\n\t\"onnx\": {\n\t\t\"path\": \"a\",\n\t\t\"sha256\": \"@\",\n\t\t\"size\": 3\n\t}\n}"},
      {"{\r\n  \"onnx\": {\r\n    \"path\": \"a\",\r\n    \"x\": [ ]\r\n  }\r\n}",
       "{\r\n  \"onnx\": {\r\n    \"path\": \"a\",\r\n    \"sha256\": \"@\",\r\n    \"size\": 3,\r\n    \"x\": [ ]\r\n "
       " "
       "}\r\n}"},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(FormatsAfter(testing::Replaced(c.before, "@", kAbc)), testing::Replaced(c.after, "@", kAbc));
  }
}

TEST_F(CompleteTest, FillsInEveryFileAndSaysSo) {
  for (const char* path : {"a.onnx", "a.data", "b.data", "t/a.tflite"}) Write(path, std::string("bytes of ") + path);
  const std::string formats =
      R"({"tensorrt": {"built_on_device": true}, "tflite": {"path": "t/a.tflite"},
          "onnx": {"external_data": [{"path": "a.data"}, {"path": "b.data"}], "path": "a.onnx"}})";
  const auto completed = CompleteManifest(kBefore + formats + kAfter, *folder_);
  ASSERT_TRUE(completed) << completed.error().text;
  EXPECT_THAT(completed->filled_in,
              ElementsAre("formats.onnx.sha256", "formats.onnx.size", "formats.tflite.sha256", "formats.tflite.size",
                          "formats.onnx.external_data[0].sha256", "formats.onnx.external_data[0].size",
                          "formats.onnx.external_data[1].sha256", "formats.onnx.external_data[1].size"));
  const auto manifest = Manifest::Parse(completed->bytes);
  ASSERT_TRUE(manifest) << manifest.error().text;
  EXPECT_THAT(manifest->MissingForAdd(), IsEmpty());
  for (const FileRef& file : manifest->Files()) {
    EXPECT_EQ(file.sha256, Sha256Of("bytes of " + file.path)) << file.field;
    EXPECT_EQ(file.size, ("bytes of " + file.path).size()) << file.field;
  }
}

TEST_F(CompleteTest, FillsInTheDigestOfGoldenImagesAndNothingElse) {
  // The files of full.json, whose digests are those of one letter each.
  Json json = testing::FullJson();
  for (const char* format : {"/formats/onnx", "/formats/tflite", "/formats/onnx/external_data/0"}) {
    json[Json::json_pointer(format)]["size"] = 1;
  }
  json["golden"]["cases"][1]["size"] = 1;
  json["golden"]["cases"][0].erase("sha256");
  Write("lesion_cnn.onnx", "a");
  Write("lesion_cnn.onnx.data", "b");
  Write("android/lesion_cnn_int8.tflite", "c");
  Write("golden/melanoma_01.png", "d");
  Write("golden/nevus_01.jpg", "f");
  const auto completed = CompleteManifest(DumpJson(json), *folder_);
  ASSERT_TRUE(completed) << completed.error().text;
  EXPECT_THAT(completed->filled_in, ElementsAre("golden.cases[0].sha256"));
  EXPECT_EQ(Manifest::Parse(completed->bytes)->golden()->cases[0].image.sha256, Sha256Of("d"));
}

TEST_F(CompleteTest, CompletingTwiceChangesNothing) {
  Write("a", "abc");
  const auto once = CompleteManifest(kBefore + R"({"onnx":{"path":"a"}})" + kAfter, *folder_);
  ASSERT_TRUE(once);
  const auto twice = CompleteManifest(once->bytes, *folder_);
  ASSERT_TRUE(twice);
  EXPECT_EQ(twice->bytes, once->bytes);
  EXPECT_THAT(twice->filled_in, IsEmpty());
}

TEST_F(CompleteTest, RefusesAValueThatDiffersFromTheFile) {
  Write("a", "abc");
  const std::string wrong(64, '0');
  EXPECT_EQ(FormatsAfter(R"({"onnx":{"path":"a","sha256":")" + wrong + "\"}}"),
            "refused: formats.onnx.sha256: the manifest says " + wrong + ", but 'a' has " + kAbc);
  EXPECT_EQ(FormatsAfter(R"({"onnx":{"path":"a","size":4}})"),
            "refused: formats.onnx.size: the manifest says 4 bytes, but 'a' has 3");
}

TEST_F(CompleteTest, RefusesTheAdrsExampleWithTheWayOut) {
  const auto completed = CompleteManifest(testing::TestData("adr_example.json"), *folder_);
  ASSERT_FALSE(completed);
  EXPECT_THAT(completed.error().text, HasSubstr("formats.onnx.sha256: 'abc123...'"));
  EXPECT_THAT(completed.error().hint, HasSubstr("Remove the field"));
}

TEST_F(CompleteTest, RefusesFilesThatCannotBeAVersions) {
  Write("empty", "");
  Write("folder/x", "x");
  ASSERT_TRUE(folder_->MakeLink("folder/x", "link"));
  EXPECT_THAT(FormatsAfter(R"({"onnx":{"path":"empty"}})"), HasSubstr("formats.onnx.size: 0 is not between 1"));
  for (const char* path : {"none", "folder", "link", "folder/x/y"}) {
    EXPECT_THAT(FormatsAfter(R"({"onnx":{"path":")" + std::string(path) + "\"}}"),
                HasSubstr("refused: formats.onnx: "));
  }
  const auto absent = CompleteManifest(kBefore + R"({"onnx":{"path":"none"}})" + kAfter, *folder_);
  EXPECT_EQ(absent.error().code, ErrorCode::kNotFound);
}

TEST_F(CompleteTest, RefusesToGrowOverTheLimit) {
  Write("a", "abc");
  std::string text = kBefore + R"({"onnx":{"path":"a"}})" + kAfter;
  text += std::string(Manifest::kMaxBytes - text.size(), ' ');
  const auto completed = CompleteManifest(text, *folder_);
  ASSERT_FALSE(completed);
  EXPECT_EQ(completed.error().code, ErrorCode::kTooLarge);
}

TEST_F(CompleteTest, ReportsTheBytesOfAllFilesAndStopsWhenTold) {
  Write("a", std::string(3000, 'a'));
  Write("b", std::string(500, 'b'));
  const std::string text = kBefore + R"({"onnx":{"path":"a"},"tflite":{"path":"b"}})" + kAfter;
  uint64_t last = 0;
  std::string file_in_hand;
  const CompletionProgress note = [&](std::string_view file, uint64_t done, uint64_t total) {
    EXPECT_GT(done, last);
    EXPECT_EQ(total, 3500u);
    last = done;
    file_in_hand = file;
    return true;
  };
  ASSERT_TRUE(CompleteManifest(text, *folder_, note));
  EXPECT_EQ(last, 3500u);
  EXPECT_EQ(file_in_hand, "b");
  EXPECT_FALSE(CompleteManifest(text, *folder_, [](std::string_view, uint64_t, uint64_t) { return false; }));
}

TEST_F(CompleteTest, SurvivesEveryTruncation) {
  Write("a", "abc");
  const std::string text = kBefore + R"({"onnx":{"path":"a"}})" + kAfter;
  for (size_t size = 0; size + 2 < text.size(); ++size) EXPECT_FALSE(CompleteManifest(text.substr(0, size), *folder_));
}

}  // namespace
}  // namespace lotmark::manifest
