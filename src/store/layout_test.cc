#include "store/layout.h"

#include <gtest/gtest.h>

namespace lotmark::store {
namespace {

// The key is that of RFC 8032, section 7.1, test 1.
constexpr char kGood[] =
    R"({"format":1,"volume_id":"3f0c2d8e-8c0d-4b7e-9a55-0a3f2d1c4b5a","primary_model":"lesion_cnn",)"
    R"("journal_key":"lotmark/journal/3f0c2d8e-8c0d-4b7e-9a55-0a3f2d1c4b5a+5a1d9756+AddamAGCsQq31Uv+08lkBzoO4XLz2qYjJa8CGmj3B1Ea"})";

TEST(VolumeInfo, ComesBackAsItWasWritten) {
  const auto info = ParseVolumeInfo(kGood);
  ASSERT_TRUE(info) << info.error().text;
  EXPECT_EQ(info->primary_model.text(), "lesion_cnn");
  EXPECT_EQ(FormatVolumeInfo(*info), std::string(kGood) + "\n");
}

TEST(VolumeInfo, IsRefusedWhenCutAtAnyByte) {
  const std::string good = kGood;
  for (size_t length = 0; length < good.size(); ++length) {
    EXPECT_FALSE(ParseVolumeInfo(good.substr(0, length))) << length;
  }
}

TEST(VolumeInfo, RefusesWhatItDoesNotKnow) {
  const struct {
    const char* text;
    const char* says;
  } cases[] = {
      {R"({"format":2,"volume_id":"3f0c2d8e-8c0d-4b7e-9a55-0a3f2d1c4b5a","primary_model":"m"})", "format"},
      {R"({"volume_id":"3f0c2d8e-8c0d-4b7e-9a55-0a3f2d1c4b5a","primary_model":"m"})", "format"},
      {R"({"format":"1","volume_id":"3f0c2d8e-8c0d-4b7e-9a55-0a3f2d1c4b5a","primary_model":"m"})", "format"},
      {R"({"format":1,"volume_id":"3f0c","primary_model":"m"})", "UUID"},
      {R"({"format":1,"volume_id":"3f0c2d8e-8c0d-4b7e-9a55-0a3f2d1c4b5a","primary_model":"../m"})", "model name"},
      {R"({"format":1,"volume_id":"3f0c2d8e-8c0d-4b7e-9a55-0a3f2d1c4b5a"})", "primary_model"},
      {R"({"format":1,"volume_id":"3f0c2d8e-8c0d-4b7e-9a55-0a3f2d1c4b5a","primary_model":"m"})", "journal_key"},
      {R"({"format":1,"volume_id":"3f0c2d8e-8c0d-4b7e-9a55-0a3f2d1c4b5b","primary_model":"m",)"
       R"("journal_key":"lotmark/journal/3f0c2d8e-8c0d-4b7e-9a55-0a3f2d1c4b5a+5a1d9756+AddamAGCsQq31Uv+08lkBzoO4XLz2qYjJa8CGmj3B1Ea"})",
       "the key of another volume"},
      {R"({"format":1,"format":1,"volume_id":"3f0c2d8e-8c0d-4b7e-9a55-0a3f2d1c4b5a","primary_model":"m"})", "twice"},
      {"[]", "object"},
      {"", "JSON"},
  };
  for (const auto& at : cases) {
    const auto info = ParseVolumeInfo(at.text);
    ASSERT_FALSE(info) << at.text;
    EXPECT_NE(info.error().text.find(at.says), std::string::npos) << info.error().text;
  }
}

TEST(PointerText, IsExactlyOneVersionBeneathVersions) {
  EXPECT_EQ(ParsePointerText("versions/2024-v1"), Version::Parse("2024-v1").value());
  const char* refused[] = {"",           "versions/",    "versions/../x", "../../x",     "/versions/a", "versions/a/",
                           "versions",   "versions/a/b", "./versions/a",  "versions//a", "versions/.",  "versions/..",
                           "Versions/a", " versions/a",  "versions/a\n",  "2024-v1",     "versions/ a", "versions/-a"};
  for (const char* text : refused) EXPECT_FALSE(ParsePointerText(text)) << text;
  EXPECT_FALSE(ParsePointerText(std::string_view("versions/a\0", 11)));
}

TEST(Layout, TopLinkFollowsThePointerOfThePrimaryModel) {
  EXPECT_EQ(TopLinkText(ModelName::Parse("m").value()), "models/m/active/model-manifest.json");
}

}  // namespace
}  // namespace lotmark::store
