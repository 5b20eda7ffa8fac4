#include "api/classify_request.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/encoding.h"
#include "base/json.h"

namespace lotmark::api {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::string_view kImage = "\x89PNG\r\n\x1a\n and more\0 bytes";
constexpr std::string_view kId = "019471f2-0a00-7000-8000-00000000abcd";

http::Request Request(std::string content_type, std::string body, std::string query = "") {
  http::Request request;
  request.method = "POST";
  request.path = "/classify";
  request.query = std::move(query);
  if (!content_type.empty()) request.headers.emplace_back("content-type", std::move(content_type));
  request.body = std::move(body);
  return request;
}

using Fields = std::vector<std::pair<std::string, std::string>>;

http::Request Multipart(const Fields& fields, std::string query = "") {
  std::string body;
  for (const auto& [name, value] : fields) {
    body += "--b\r\nContent-Disposition: form-data; name=\"" + name + "\"\r\n\r\n" + value + "\r\n";
  }
  return Request("multipart/form-data; boundary=b", body + "--b--\r\n", std::move(query));
}

http::Request FromJson(const Fields& fields, std::string query = "") {
  Json body = Json::object();
  for (const auto& [name, value] : fields) {
    body[name] = name == "image" ? Base64Encode(AsBytes(value)) : value;
  }
  return Request("application/json", DumpJson(body), std::move(query));
}

// Both ways of sending fields in a body.
struct BodyForm {
  std::string name;
  http::Request (*make)(const Fields&, std::string);
};

class BodyFormTest : public ::testing::TestWithParam<BodyForm> {
 protected:
  static http::Request Make(const Fields& fields, std::string query = "") {
    return GetParam().make(fields, std::move(query));
  }
  static Error ErrorOf(const Fields& fields, std::string query = "") {
    const auto parsed = ReadClassifyRequest(Make(fields, std::move(query)));
    EXPECT_FALSE(parsed);
    return parsed ? Error{} : parsed.error();
  }
};

INSTANTIATE_TEST_SUITE_P(, BodyFormTest,
                         ::testing::Values(BodyForm{"Multipart", Multipart}, BodyForm{"Json", FromJson}),
                         [](const auto& form) { return form.param.name; });

TEST_P(BodyFormTest, TakesAnImageAlone) {
  const auto parsed = ReadClassifyRequest(Make({{"image", std::string(kImage)}}));
  ASSERT_TRUE(parsed) << parsed.error().text;
  EXPECT_EQ(parsed->image, kImage);
  EXPECT_FALSE(parsed->id);
  EXPECT_EQ(parsed->source, records::Source::kServer);
  EXPECT_EQ(parsed->references, records::References{});
}

TEST_P(BodyFormTest, TakesEveryField) {
  const auto parsed = ReadClassifyRequest(Make({{"image", std::string(kImage)},
                                                {"id", std::string(kId)},
                                                {"source", "test"},
                                                {"patient_id", "p-17"},
                                                {"encounter_id", "e-3"},
                                                {"lesion_image_id", "l-5"},
                                                {"anatomical_site", "linker Unterarm, außen"}}));
  ASSERT_TRUE(parsed) << parsed.error().text;
  EXPECT_EQ(parsed->image, kImage);
  EXPECT_EQ(parsed->id->text(), kId);
  EXPECT_EQ(parsed->source, records::Source::kTest);
  EXPECT_EQ(parsed->references, (records::References{"l-5", "p-17", "e-3", "linker Unterarm, außen"}));
}

TEST_P(BodyFormTest, TakesAnIdInCapitalsForTheSameId) {
  const auto parsed = ReadClassifyRequest(Make({{"image", "x"}, {"id", "019471F2-0A00-7000-8000-00000000ABCD"}}));
  ASSERT_TRUE(parsed) << parsed.error().text;
  EXPECT_EQ(parsed->id->text(), kId);
}

TEST_P(BodyFormTest, RefusesBadIds) {
  for (const char* id : {"", "17", "not-a-uuid", "019471f2-0a00-7000-8000-00000000abc",
                         "{019471f2-0a00-7000-8000-00000000abcd}", "019471f2-0a00-7000-8000-00000000abcg",
                         "00000000-0000-0000-0000-000000000000", "FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF"}) {
    const Error error = ErrorOf({{"image", "x"}, {"id", id}});
    EXPECT_EQ(error.code, ErrorCode::kRefused) << id;
    EXPECT_THAT(error.text, ::testing::StartsWith("id: ")) << id;
  }
}

TEST_P(BodyFormTest, RefusesSourcesThatAreNotTheCallersToClaim) {
  for (const char* source : {"", "cli", "edge", "on_device", "shadow", "Server", "nonsense"}) {
    const Error error = ErrorOf({{"image", "x"}, {"source", source}});
    EXPECT_THAT(error.text, HasSubstr("source")) << source;
  }
}

TEST_P(BodyFormTest, RefusesWhatIsMissingUnknownOrMisspelt) {
  EXPECT_THAT(ErrorOf({}).text, HasSubstr("image"));
  EXPECT_THAT(ErrorOf({{"patient_id", "p"}}).text, HasSubstr("'image' is missing"));
  EXPECT_THAT(ErrorOf({{"image", "x"}, {"patientId", "p-17"}}).text, HasSubstr("'patientId'"));
  EXPECT_THAT(ErrorOf({{"image", "x"}, {"Image", "x"}}).text, HasSubstr("'Image'"));
}

TEST_P(BodyFormTest, RefusesAQueryInsteadOfDroppingIt) {
  EXPECT_THAT(ErrorOf({{"image", "x"}}, "id=" + std::string(kId)).text, HasSubstr("query"));
}

TEST_P(BodyFormTest, RefusesBadReferencesWithoutRepeatingThem) {
  const std::string secret = "Maria Musterfrau";
  const std::pair<const char*, std::string> values[] = {
      {"empty", ""}, {"long", secret + std::string(300, 'x')}, {"NUL", secret + std::string(1, '\0') + "b"}};
  for (const char* name : {"patient_id", "encounter_id", "lesion_image_id", "anatomical_site"}) {
    for (const auto& [what, value] : values) {
      const Error error = ErrorOf({{"image", "x"}, {name, value}});
      EXPECT_EQ(error.code, ErrorCode::kRefused) << name << " " << what;
      EXPECT_THAT(error.text + error.hint, Not(HasSubstr("Maria"))) << name << " " << what;
    }
  }
}

TEST(ClassifyRequestMultipart, RefusesAFieldTwiceAndABodyWithoutEnd) {
  EXPECT_FALSE(ReadClassifyRequest(Multipart({{"image", "x"}, {"patient_id", "a"}, {"patient_id", "b"}})));
  auto cut = Multipart({{"image", "x"}});
  cut.body.resize(cut.body.size() - 6);
  EXPECT_FALSE(ReadClassifyRequest(std::move(cut)));
}

TEST(ClassifyRequestMultipart, SaysWhenThereAreTooManyParts) {
  Fields fields{{"image", "x"}};
  for (int i = 0; i < 40; ++i) fields.emplace_back("field" + std::to_string(i), "x");
  const auto parsed = ReadClassifyRequest(Multipart(fields));
  ASSERT_FALSE(parsed);
  EXPECT_EQ(parsed.error().code, ErrorCode::kTooLarge);
}

TEST(ClassifyRequestJson, TakesNullForAFieldThatIsLeftOut) {
  const auto parsed =
      ReadClassifyRequest(Request("application/json", R"({"image":"eA==","patient_id":null,"id":null})"));
  ASSERT_TRUE(parsed) << parsed.error().text;
  EXPECT_EQ(parsed->image, "x");
  EXPECT_FALSE(parsed->references.patient_id);
}

TEST(ClassifyRequestJson, RefusesWhatIsNotAnObjectOfStrings) {
  const std::pair<const char*, const char*> cases[] = {
      {"", "JSON"},
      {"[]", "object"},
      {"\"x\"", "object"},
      {R"({"image":"eA=="} x)", "JSON"},
      {R"({"image":"eA==","image":"eA=="})", "twice"},
      {R"({"image":7})", "image must be a string"},
      {R"({"image":["eA=="]})", "image must be a string"},
      {R"({"image":null})", "'image' is missing"},
      {R"({"image":"eA=="," patient_id":{"a":1}})", "patient_id must be a string"},
      {R"({"image":"e A=="})", "image: "},
      {R"({"image":"eA"})", "image: "},
  };
  for (const auto& [body, says] : cases) {
    const auto parsed = ReadClassifyRequest(Request("application/json", body));
    ASSERT_FALSE(parsed) << body;
    EXPECT_EQ(parsed.error().code, ErrorCode::kRefused) << body;
    EXPECT_THAT(parsed.error().text, HasSubstr(says)) << body;
  }
}

TEST(ClassifyRequestJson, NeverRepeatsWhatABrokenBodyHolds) {
  const std::string whole = R"({"image":"eA==","patient_id":"Maria Musterfrau"})";
  for (size_t length = 0; length < whole.size(); ++length) {
    for (const char* tail : {"", "\n", "\xff", "\x01", "}", "\\x", "\""}) {
      const auto parsed = ReadClassifyRequest(Request("application/json", whole.substr(0, length) + tail));
      if (parsed) continue;
      EXPECT_THAT(parsed.error().text + parsed.error().hint, Not(HasSubstr("Mari"))) << length << " " << tail;
    }
  }
}

TEST(ClassifyRequestRaw, TakesAJpegOrPngAsItIs) {
  for (const char* type : {"image/jpeg", "image/png", "IMAGE/PNG", "image/jpeg; q=1"}) {
    const auto parsed = ReadClassifyRequest(Request(type, std::string(kImage)));
    ASSERT_TRUE(parsed) << type << parsed.error().text;
    EXPECT_EQ(parsed->image, kImage);
  }
  const auto parsed = ReadClassifyRequest(Request("image/png", "x", "source=test&id=" + std::string(kId)));
  ASSERT_TRUE(parsed) << parsed.error().text;
  EXPECT_EQ(parsed->id->text(), kId);
  EXPECT_EQ(parsed->source, records::Source::kTest);
}

TEST(ClassifyRequestRaw, RefusesEveryOtherParameter) {
  for (const char* query :
       {"patient_id=p", "ID=x", "id", "id=", "source=cli", "&", "x", "=", "id=%30", "source=test&source=test"}) {
    const auto parsed = ReadClassifyRequest(Request("image/png", "x", query));
    ASSERT_FALSE(parsed) << query;
    EXPECT_EQ(parsed.error().code, ErrorCode::kRefused) << query;
  }
}

TEST(ClassifyRequestRaw, NeverRepeatsAReferenceFromTheAddress) {
  const auto parsed = ReadClassifyRequest(Request("image/png", "x", "patient_id=Maria"));
  ASSERT_FALSE(parsed);
  EXPECT_THAT(parsed.error().text, HasSubstr("patient_id"));
  EXPECT_THAT(parsed.error().text + parsed.error().hint, Not(HasSubstr("Maria")));
}

TEST(ClassifyRequestType, RefusesOtherContentTypes) {
  for (const char* type :
       {"", "text/plain", "image/gif", "image", "application/json2", "multipart/mixed; boundary=b", "\x1b[31m"}) {
    const auto parsed = ReadClassifyRequest(Request(type, "x"));
    ASSERT_FALSE(parsed) << type;
    EXPECT_EQ(parsed.error().code, ErrorCode::kRefused);
    EXPECT_THAT(parsed.error().text, Not(HasSubstr("\x1b")));
    EXPECT_THAT(parsed.error().hint, HasSubstr("image/png"));
  }
}

}  // namespace
}  // namespace lotmark::api
