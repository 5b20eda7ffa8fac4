// What a response to a download says and streams; that it travels is http's business (server_stream_test.cc).
#include "api/download.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cstdlib>
#include <optional>

#include "classify/testing/test_version.h"
#include "fs/posix_fs.h"
#include "store/testing/test_volume.h"

namespace lotmark::api {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr std::string_view kModel = "0123456789";

std::string HeaderOf(const http::Response& response, std::string_view name) {
  for (const auto& [key, value] : response.headers) {
    if (key == name) return value;
  }
  return "";
}

std::string BodyOf(const http::Response& response) {
  if (!response.stream) return response.body;
  std::string body(response.stream->size(), '\0');
  const std::span<uint8_t> out(reinterpret_cast<uint8_t*>(body.data()), body.size());
  const auto count = response.stream->ReadAt(0, out);
  return count && *count == body.size() ? body : "(failed)";
}

class DownloadTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto colours = classify::testing::MakeVersion(Bytes(kModel.begin(), kModel.end()));
    colours.AddGolden("golden/deep/red.png", {255, 0, 0});
    golden_ = colours.files["golden/deep/red.png"];
    ASSERT_EQ(store::ErrorText(volume_.volume->Register(*Source(colours), DumpJson(colours.fields, 2))), "");
    auto opened = volume_.volume->reader().OpenVersion(store::Model("colours"), store::V("v1"));
    ASSERT_EQ(store::ErrorText(opened), "");
    version_.emplace(std::move(*opened));
  }

  std::unique_ptr<fs::Dir> Source(const classify::testing::TestVersion& version) {
    auto folder = fs::CreatePosixDir(volume_.folder.PathOf("source")).value();
    WriteVersion(version, *folder);
    return folder;
  }

  Result<http::Response> Get(std::string_view path, const DownloadConditions& conditions = {}) {
    return Download(*version_, path, conditions, [this](const std::string& what) { logged_.push_back(what); });
  }
  http::Response Model(const DownloadConditions& conditions = {}) {
    auto response = Get("model.onnx", conditions);
    EXPECT_TRUE(response) << response.error().text;
    return response ? *response : http::Response{};
  }
  // Runs a shell command in the version's folder; the model is `$f`.
  void Damage(const std::string& command) {
    const std::string folder = volume_.PathOf("models/colours/versions/v1");
    ASSERT_EQ(std::system(("cd '" + folder + "' && chmod 755 . && f=model.onnx && " + command).c_str()), 0);
  }

  const std::string etag_ = '"' + Sha256Of(kModel).hex() + '"';
  store::TestVolume volume_{"colours"};
  Bytes golden_;
  std::optional<store::OpenedVersion> version_;
  std::vector<std::string> logged_;
};

TEST_F(DownloadTest, GivesTheWholeFileWithItsDigest) {
  const http::Response response = Model();
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.content_type, "application/octet-stream");
  EXPECT_EQ(HeaderOf(response, "ETag"), etag_);
  EXPECT_EQ(HeaderOf(response, "Accept-Ranges"), "bytes");
  EXPECT_EQ(HeaderOf(response, "Cache-Control"), "private, max-age=31536000, immutable");
  EXPECT_EQ(BodyOf(response), kModel);
}

TEST_F(DownloadTest, KnowsEveryFileOfTheManifestAndTheManifest) {
  const auto golden = Get("golden/deep/red.png");
  ASSERT_TRUE(golden) << golden.error().text;
  EXPECT_EQ(BodyOf(*golden), AsText(golden_));
  const auto manifest = Get("model-manifest.json");
  ASSERT_TRUE(manifest) << manifest.error().text;
  EXPECT_EQ(manifest->content_type, "application/json");
  EXPECT_EQ(BodyOf(*manifest), version_->manifest.bytes());
  EXPECT_EQ(HeaderOf(*manifest, "ETag"), '"' + version_->manifest.digest().hex() + '"');
}

TEST_F(DownloadTest, NothingElseIsThere) {
  Damage("touch secret");
  for (const char* path :
       {"secret", "golden", "golden/deep", "golden/red.png", "MODEL.onnx", "model.onnx/", "/model.onnx", "./model.onnx",
        "golden/../model.onnx", "../v1/model.onnx", "", "formats.onnx"}) {
    const auto response = Get(path);
    ASSERT_FALSE(response) << path;
    EXPECT_EQ(response.error().code, ErrorCode::kNotFound) << path;
  }
}

TEST_F(DownloadTest, GivesAPart) {
  const http::Response response = Model({.range = "bytes=3-5"});
  EXPECT_EQ(response.status, 206);
  EXPECT_EQ(HeaderOf(response, "Content-Range"), "bytes 3-5/10");
  EXPECT_EQ(HeaderOf(response, "ETag"), etag_);
  EXPECT_EQ(BodyOf(response), "345");
  EXPECT_EQ(BodyOf(Model({.range = "bytes=-2"})), "89");
  EXPECT_EQ(BodyOf(Model({.range = "bytes=0-0,4-5"})), kModel);
}

TEST_F(DownloadTest, RefusesAPartBehindTheEnd) {
  const http::Response response = Model({.range = "bytes=10-"});
  EXPECT_EQ(response.status, 416);
  EXPECT_EQ(HeaderOf(response, "Content-Range"), "bytes */10");
  EXPECT_THAT(response.body, HasSubstr("range_not_satisfiable"));
  EXPECT_FALSE(response.stream);
}

TEST_F(DownloadTest, IfRangeGuardsAgainstPartsOfOtherBytes) {
  EXPECT_EQ(Model({.if_range = etag_, .range = "bytes=3-"}).status, 206);
  for (const std::string& other : {std::string("\"0\""), "W/" + etag_, std::string("Mon, 23 Nov 2026 06:00:00 GMT")}) {
    const http::Response response = Model({.if_range = other, .range = "bytes=3-"});
    EXPECT_EQ(response.status, 200) << other;
    EXPECT_EQ(BodyOf(response), kModel);
  }
  EXPECT_EQ(Model({.if_range = "\"0\"", .range = "bytes=10-"}).status, 200);
}

TEST_F(DownloadTest, WhatTheCallerHasIsNotSentAgain) {
  for (const std::string& tags : {etag_, "W/" + etag_, "\"x\", " + etag_, std::string("*")}) {
    const http::Response response = Model({.if_none_match = tags, .range = "bytes=3-"});
    EXPECT_EQ(response.status, 304) << tags;
    EXPECT_EQ(HeaderOf(response, "ETag"), etag_);
    EXPECT_FALSE(response.stream);
  }
  EXPECT_EQ(Model({.if_none_match = "\"x\""}).status, 200);
}

TEST_F(DownloadTest, IfMatchMustNameTheDigest) {
  EXPECT_EQ(Model({.if_match = etag_}).status, 200);
  EXPECT_EQ(Model({.if_match = "*", .if_none_match = "\"x\""}).status, 200);
  EXPECT_EQ(Model({.if_match = "\"x\""}).status, 412);
  EXPECT_EQ(Model({.if_match = "\"x\"", .if_none_match = etag_}).status, 412) << "it comes first";
}

TEST(DownloadConditions, RangeIsForGetOnly) {
  http::Request request;
  request.headers = {{"range", "bytes=1-"}, {"if-range", "a"}, {"if-match", "b"}, {"if-none-match", "c"}};
  for (const auto& [method, range] : {std::pair("GET", "bytes=1-"), std::pair("HEAD", "")}) {
    request.method = method;
    const auto conditions = DownloadConditions::Of(request);
    EXPECT_EQ(conditions.range, range);
    EXPECT_EQ(conditions.if_range + conditions.if_match + conditions.if_none_match, "abc");
  }
}

TEST_F(DownloadTest, ADamagedFileIsNotTheCallersFault) {
  const struct {
    const char* damage;
    const char* says;
  } kCases[] = {{"chmod 644 $f; printf x >> $f", "11 bytes: the manifest says 10"},
                {"mv $f other; ln -s other $f", "a symbolic link"},
                {"rm $f; mkdir $f", "a folder"},
                {"rmdir $f", "model.onnx"}};
  for (const auto& test : kCases) {
    Damage(test.damage);
    const auto response = Get("model.onnx");
    ASSERT_FALSE(response) << test.damage;
    EXPECT_EQ(response.error().code, ErrorCode::kRefused) << response.error().text;
    EXPECT_THAT(response.error().text, HasSubstr(test.says));
  }
}

TEST_F(DownloadTest, AFileCutWhileItIsSentIsLoggedAndNotPadded) {
  const http::Response response = Model();
  Damage("chmod 644 $f; truncate -s 4 $f");
  std::array<uint8_t, 10> out;
  const auto count = response.stream->ReadAt(0, out);
  ASSERT_FALSE(count);
  EXPECT_THAT(logged_, ElementsAre(HasSubstr("model.onnx")));
}

}  // namespace
}  // namespace lotmark::api
