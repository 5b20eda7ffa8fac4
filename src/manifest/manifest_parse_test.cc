// What a manifest may not be: every rule of doc/manifest.md, and hostile bytes.
#include <gtest/gtest.h>

#include <random>

#include "manifest/manifest.h"
#include "manifest/testing/test_data.h"

namespace lotmark::manifest {
namespace {

using testing::FullJson;
using testing::FullText;
using testing::Replaced;
using testing::TestData;
using testing::With;
using testing::Without;

std::string WhyRefused(const std::string& text) {
  const auto manifest = Manifest::Parse(text);
  if (manifest) return "accepted";
  EXPECT_EQ(manifest.error().code, ErrorCode::kRefused) << manifest.error().text;
  return manifest.error().text;
}

bool Names(const std::string& message, const std::string& field) { return message.find(field) != std::string::npos; }

TEST(ManifestParse, RefusesTheDigestOfTheAdrsOwnExample) {
  const auto manifest = Manifest::Parse(TestData("adr_example.json"));
  ASSERT_FALSE(manifest);
  EXPECT_EQ(manifest.error().text,
            "formats.onnx.sha256: 'abc123...' is not a SHA-256 digest: it has 9 characters, not 64");
  EXPECT_TRUE(Names(manifest.error().hint, "lotmark manifest complete"));
}

TEST(ManifestParse, RefusesEveryBrokenRuleNamingTheField) {
  const Json full = FullJson();
  const auto cases = ParseJson(TestData("bad_fields.json"));
  ASSERT_TRUE(cases) << cases.error().text;
  EXPECT_GT(cases->size(), 100u);
  for (const Json& c : *cases) {
    const std::string why = WhyRefused(With(full, c["at"], c["put"]));
    EXPECT_TRUE(Names(why, c["names"])) << DumpJson(c) << "\n  " << why;
    EXPECT_EQ(why.find('\n'), std::string::npos) << why;
    EXPECT_LT(why.size(), 600u) << why;
  }
}

TEST(ManifestParse, AcceptsTheEdgesOfEveryRange) {
  const Json full = FullJson();
  const struct {
    const char* at;
    Json value;
  } cases[] = {
      {"/previous_version", nullptr},
      {"/accuracy", Json::object()},
      {"/export_date", "2024-02-29"},
      {"/formats/onnx/size", 1},
      {"/formats/onnx/size", int64_t{16} << 30},
      {"/formats/onnx/path", std::string(255, 'x')},
      {"/formats/onnx/path", "weights/läsion v2.onnx"},
      {"/formats/onnx/path", "sub/model-manifest.json"},
      {"/formats/onnx/path", "..."},
      {"/formats/onnx/input_shape", {-1, 3, -1, -1}},
      {"/inputs/0/shape", {-1, -1, -1, -1}},
      {"/outputs/0/shape", {1, -1}},
      {"/formats/onnx/external_data", Json::array()},
      {"/classes/1", std::string(128, 'n')},
      {"/preprocessing/divisor", 0.5},
      {"/preprocessing/mean", {-3, 0, 1e30}},
      {"/preprocessing/quality", Json::object()},
      {"/golden/tolerance", 0.1},
      {"/golden/cases/0/probabilities/onnx", {1, 0, 0.001}},
  };
  for (const auto& c : cases) EXPECT_EQ(WhyRefused(With(full, c.at, c.value)), "accepted") << c.at;
}

TEST(ManifestParse, DefaultsAreThoseOfTheSpecification) {
  Json json = FullJson();
  json["preprocessing"].erase("exif_orientation");
  json["preprocessing"].erase("divisor");
  json["preprocessing"].erase("quality");
  json.erase("previous_version");
  const auto manifest = Manifest::Parse(DumpJson(json));
  ASSERT_TRUE(manifest) << manifest.error().text;
  EXPECT_EQ(manifest->artifact(Format::kOnnx)->preprocessing->divisor, 255.0f);
  EXPECT_EQ(manifest->artifact(Format::kOnnx)->preprocessing->exif_orientation, ExifOrientation::kApply);
  EXPECT_FALSE(manifest->previous_version());
}

TEST(ManifestParse, RefusesAnAbsentRequiredField) {
  const struct {
    const char* parent;
    const char* key;
    const char* named;
  } cases[] = {
      {"", "model_name", "model_name is missing"},
      {"", "version", "version is missing"},
      {"", "training_dataset", "training_dataset is missing"},
      {"", "export_date", "export_date is missing"},
      {"", "source_framework", "source_framework is missing"},
      {"", "formats", "formats is missing"},
      {"", "accuracy", "accuracy is missing"},
      {"", "classes", "golden needs classes"},
      {"/formats/onnx", "path", "formats.onnx.path is missing"},
      {"/inputs/0", "name", "inputs[0].name is missing"},
      {"/inputs/0", "shape", "inputs[0].shape is missing"},
      {"/inputs/0", "type", "inputs[0].type is missing"},
      {"/embedding", "output", "embedding.output is missing"},
      {"/embedding", "length", "embedding.length is missing"},
      {"/preprocessing", "decode", "preprocessing.decode is missing"},
      {"/preprocessing", "crop", "preprocessing.crop is missing"},
      {"/preprocessing", "resize", "preprocessing.resize is missing"},
      {"/preprocessing", "mean", "preprocessing.mean is missing"},
      {"/preprocessing", "std", "preprocessing.std is missing"},
      {"/preprocessing", "layout", "preprocessing.layout is missing"},
      {"/preprocessing/resize", "width", "preprocessing.resize.width is missing"},
      {"/preprocessing/resize", "height", "preprocessing.resize.height is missing"},
      {"/preprocessing/resize", "filter", "preprocessing.resize.filter is missing"},
      {"/golden", "origin", "golden.origin is missing"},
      {"/golden", "tolerance", "golden.tolerance is missing"},
      {"/golden", "cases", "golden.cases is missing"},
      {"/golden/cases/0", "image", "golden.cases[0].image is missing"},
      {"/golden/cases/0", "probabilities", "golden.cases[0].probabilities is missing"},
  };
  for (const auto& c : cases) {
    const std::string why = WhyRefused(Without(FullJson(), c.parent, c.key));
    EXPECT_TRUE(Names(why, c.named)) << why;
  }
}

// Calls `visit(pointer, path, value)` for every value beneath `json` whose type a rule of the manifest fixes.
template <typename Visit>
void ForEachField(const Json& json, const std::string& pointer, const std::string& path, const Visit& visit) {
  if (path == "notes") return;
  if (!pointer.empty()) visit(pointer, path, json);
  size_t index = 0;
  for (const auto& [key, value] : json.items()) {
    const std::string name = json.is_array() ? "[" + std::to_string(index++) + "]" : (path.empty() ? "" : ".") + key;
    if (value.is_structured() || json.is_structured()) ForEachField(value, pointer + "/" + key, path + name, visit);
  }
}

TEST(ManifestParse, RefusesAnotherTypeAtEveryField) {
  const Json full = FullJson();
  const Json samples[] = {nullptr, true, "text", 7, 0.5, Json::array(), Json::object()};
  int tried = 0;
  ForEachField(full, "", "", [&](const std::string& pointer, const std::string& path, const Json& value) {
    for (const Json& sample : samples) {
      if (sample.type() == value.type() || (sample.is_number() && value.is_number())) continue;
      if (pointer == "/previous_version" && sample.is_null()) continue;
      const std::string why = WhyRefused(With(full, pointer, sample));
      EXPECT_TRUE(Names(why, path + " must be ")) << pointer << " = " << DumpJson(sample) << "\n  " << why;
      ++tried;
    }
  });
  EXPECT_GT(tried, 500);
}

TEST(ManifestParse, RefusesADocumentThatIsNoObject) {
  for (const char* text : {"null", "[]", "\"x\"", "1"}) EXPECT_TRUE(Names(WhyRefused(text), "must be an object"));
}

TEST(ManifestParse, RefusesTruncationAtEveryByte) {
  std::string text = FullText();
  ASSERT_EQ(text.back(), '\n');
  text.pop_back();
  for (size_t size = 0; size < text.size(); ++size) {
    ASSERT_TRUE(Names(WhyRefused(text.substr(0, size)), "not valid JSON")) << size;
  }
}

TEST(ManifestParse, RefusesBytesThatTwoReadersCouldReadInTwoWays) {
  const std::string full = FullText();
  const struct {
    std::string text;
    const char* says;
  } cases[] = {
      {Replaced(full, "\"size\"", "\"path\": \"b.onnx\", \"size\""), "formats.onnx.path stands twice"},
      {Replaced(full, "\"size\"", "\"\\u0070ath\": \"b.onnx\", \"size\""), "formats.onnx.path stands twice"},
      {full + "{}", "not valid JSON"},
      {full + std::string("\0", 1), "NUL"},
      {"\xEF\xBB\xBF" + full, "byte order mark"},
      {"/* signed */" + full, "not valid JSON"},
      {Replaced(full, "0.883", "NaN"), "not valid JSON"},
      {Replaced(full, "0.883", "Infinity"), "not valid JSON"},
      {Replaced(full, "0.883", "1e999"), "1e999"},
      {Replaced(full, "0.883", "00.883"), "not valid JSON"},
      {Replaced(full, "synthetic", "synth\xe9tic"), "not valid JSON"},
      {Replaced(full, "synthetic", "synthetic\xed\xa0\x80"), "not valid JSON"},
      {Replaced(full, "\"are kept\"", std::string(100, '[') + std::string(100, ']')), "nested deeper"},
  };
  for (const auto& c : cases) {
    const std::string why = WhyRefused(c.text);
    EXPECT_TRUE(Names(why, c.says)) << why;
  }
}

TEST(ManifestParse, RefusesMoreThanOneMebibyte) {
  const auto manifest = Manifest::Parse(FullText() + std::string(Manifest::kMaxBytes, ' '));
  ASSERT_FALSE(manifest);
  EXPECT_EQ(manifest.error().code, ErrorCode::kTooLarge);
}

TEST(ManifestParse, NoMessageCarriesAControlCharacter) {
  const std::string evil = "\x1b]0;owned\x07\r\n";
  for (const char* at :
       {"/model_name", "/version", "/export_date", "/previous_version", "/formats/onnx/path", "/formats/onnx/sha256",
        "/inputs/0/name", "/inputs/0/type", "/classes/0", "/embedding/output", "/preprocessing/decode",
        "/preprocessing/crop", "/preprocessing/layout", "/golden/origin", "/golden/cases/0/image"}) {
    const std::string why = WhyRefused(With(FullJson(), at, evil));
    EXPECT_NE(why, "accepted") << at;
    for (char c : why) ASSERT_GE(static_cast<unsigned char>(c), 0x20) << at;
  }
  for (const char* parent : {"/accuracy", "/formats", "/preprocessing", "/golden/cases/0/probabilities"}) {
    Json json = FullJson();
    json[Json::json_pointer(parent)][evil] = 1;
    const std::string why = WhyRefused(DumpJson(json));
    EXPECT_NE(why, "accepted") << parent;
    for (char c : why) ASSERT_GE(static_cast<unsigned char>(c), 0x20) << parent;
  }
}

TEST(ManifestParse, SurvivesRandomDamage) {
  const std::string full = FullText();
  std::mt19937 random(2024);
  int refused = 0;
  for (int i = 0; i < 20000; ++i) {
    std::string text = full;
    for (int flips = 1 + static_cast<int>(random() % 3); flips > 0; --flips) {
      text[random() % text.size()] ^= static_cast<char>(1 << random() % 8);
    }
    const auto manifest = Manifest::Parse(text);
    if (!manifest)
      ++refused;
    else
      ASSERT_EQ(manifest->bytes(), text);
  }
  EXPECT_GT(refused, 10000);
}

}  // namespace
}  // namespace lotmark::manifest
