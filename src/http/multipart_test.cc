#include "http/multipart.h"

#include <gtest/gtest.h>

namespace lotmark::http {
namespace {

constexpr std::string_view kType = "multipart/form-data; boundary=AaB03x";

std::string PartText(std::string_view name, std::string_view body) {
  return "--AaB03x\r\nContent-Disposition: form-data; name=\"" + std::string(name) + "\"\r\n\r\n" + std::string(body) +
         "\r\n";
}

TEST(Multipart, ReadsFieldsAndFiles) {
  const std::string image("\xff\xd8\r\n--AaB03\r\n\0--", 15);
  const std::string body = PartText("id", "7") +
                           "--AaB03x\r\n"
                           "content-disposition: form-data; name=image; filename=\"C:\\pics\\a \\\"b\\\".jpg\"\r\n"
                           "Content-Type: image/jpeg\r\nX-Other: ignored\r\nContent-Transfer-Encoding: Binary\r\n\r\n" +
                           image + "\r\n" + PartText("empty", "") + "--AaB03x--\r\n";
  const auto parts = ParseMultipart(kType, body);
  ASSERT_TRUE(parts) << parts.error().text;
  ASSERT_EQ(parts->size(), 3u);
  EXPECT_EQ((*parts)[0].name, "id");
  EXPECT_EQ((*parts)[0].filename, "");
  EXPECT_EQ((*parts)[0].content_type, "");
  EXPECT_EQ((*parts)[0].body, "7");
  EXPECT_EQ((*parts)[1].name, "image");
  EXPECT_EQ((*parts)[1].filename, "C:\\pics\\a \"b\".jpg");
  EXPECT_EQ((*parts)[1].content_type, "image/jpeg");
  EXPECT_EQ((*parts)[1].body, image);
  EXPECT_EQ((*parts)[2].body, "");
}

TEST(Multipart, TakesABodyWithoutPartsAndWithoutLastLineEnd) {
  EXPECT_EQ(ParseMultipart(kType, "--AaB03x--")->size(), 0u);
  EXPECT_EQ(ParseMultipart(kType, PartText("a", "b") + "--AaB03x--")->size(), 1u);
}

TEST(Multipart, BodiesBorrowTheRequest) {
  const std::string body = PartText("a", "bytes") + "--AaB03x--";
  const auto parts = ParseMultipart(kType, body);
  ASSERT_TRUE(parts);
  EXPECT_EQ(parts->front().body.data(), body.data() + body.find("bytes"));
}

TEST(Multipart, ReadsTheBoundaryAsRfc2046WritesIt) {
  const std::string body =
      "--a b'()+_,-./:=?c\r\nContent-Disposition: form-data; name=\"n\"\r\n\r\nv\r\n--a b'()+_,-./:=?c--";
  EXPECT_TRUE(ParseMultipart("Multipart/Form-Data; charset=utf-8; BOUNDARY=\"a b'()+_,-./:=?c\"", body));
}

TEST(Multipart, RefusesBadContentTypes) {
  const std::string body = "--AaB03x--";
  for (const std::string& type :
       {std::string(), std::string("multipart/form-data"), std::string("multipart/mixed; boundary=AaB03x"),
        std::string("multipart/form-data; boundary="), std::string("multipart/form-data; boundary=\"\""),
        std::string("multipart/form-data; boundary=\"AaB03x"), std::string("multipart/form-data; boundary=\"AaB03x \""),
        std::string("multipart/form-data; boundary=AaB03x; boundary=AaB03x"),
        std::string("multipart/form-data; boundary=A\xc3\xa4"), std::string("multipart/form-data boundary=AaB03x"),
        std::string("multipart/form-data; boundary=AaB03x junk"),
        "multipart/form-data; boundary=" + std::string(71, 'a'),
        std::string("multipart/form-data; boundary=\"A\r\nB\"")}) {
    const auto parts = ParseMultipart(type, body);
    ASSERT_FALSE(parts) << type;
    EXPECT_EQ(parts.error().code, ErrorCode::kRefused);
  }
}

TEST(Multipart, RefusesBadBodies) {
  const std::string end = "--AaB03x--\r\n";
  const std::string head = "--AaB03x\r\nContent-Disposition: form-data; name=\"a\"";
  struct Case {
    std::string body, says;
  };
  const std::vector<Case> cases = {
      {"", "begin"},
      {"preamble\r\n" + PartText("a", "b") + end, "begin"},
      {PartText("a", "b"), "closing boundary"},
      {PartText("a", "b") + "--AaB03x-", "bytes after a boundary"},
      {PartText("a", "b") + end + "epilogue", "after the closing"},
      {PartText("a", "b\r\n--AaB03xy") + end, "bytes after a boundary"},
      {PartText("a", "b") + PartText("a", "c") + end, "field: a: given twice"},
      {PartText("", "b") + end, "without a name"},
      {"--AaB03x\r\n\r\nbody\r\n" + end, "without a name"},
      {"--AaB03x\r\nContent-Type: text/plain\r\n\r\nbody\r\n" + end, "without a name"},
      {"--AaB03x\r\nContent-Disposition: form-data\r\n\r\nbody\r\n" + end, "without a name"},
      {"--AaB03x\r\nContent-Disposition: attachment; name=\"a\"\r\n\r\nbody\r\n" + end, "not form-data"},
      {head + "\r\nContent-Disposition: form-data; name=\"b\"\r\n\r\nbody\r\n" + end, "twice"},
      {head + "; name=\"b\"\r\n\r\nbody\r\n" + end, "twice"},
      {head + "\r\nContent-Type: a\r\nContent-Type: b\r\n\r\nbody\r\n" + end, "twice"},
      {head + "\r\nContent-Transfer-Encoding: base64\r\n\r\nbody\r\n" + end, "content-transfer-encoding: base64"},
      {head + "\r\nno colon\r\n\r\nbody\r\n" + end, "malformed header"},
      {head + "\r\n: empty name\r\n\r\nbody\r\n" + end, "malformed header"},
      {head, "inside a part's header"},
      {head + "\r\n", "inside a part's header"},
      {"--AaB03x\r\nContent-Disposition: form-data; name=\"a\r\n\r\nbody\r\n" + end, "never closed"},
      {PartText("a\x01", "b") + end, "name: a\\x01: not plain text"},
      {PartText("a\xff", "b") + end, "not plain text"},
      {head + "; filename=\"a\xff\"\r\n\r\nbody\r\n" + end, "filename: a\\xff"},
  };
  for (const Case& bad : cases) {
    const auto parts = ParseMultipart(kType, bad.body);
    ASSERT_FALSE(parts) << bad.body;
    EXPECT_EQ(parts.error().code, ErrorCode::kRefused) << bad.body;
    EXPECT_NE(parts.error().text.find(bad.says), std::string::npos) << parts.error().text << "\n" << bad.body;
  }
}

TEST(Multipart, RefusesEveryTruncation) {
  const std::string whole = PartText("a", "one") + PartText("b", "two") + "--AaB03x--";
  for (size_t length = 0; length < whole.size(); ++length) {
    EXPECT_FALSE(ParseMultipart(kType, std::string_view(whole).substr(0, length))) << length;
  }
  EXPECT_TRUE(ParseMultipart(kType, whole));
}

TEST(Multipart, StopsAtTheLimitOfParts) {
  std::string body;
  for (int i = 0; i < 10'000; ++i) body += PartText("field" + std::to_string(i), "v");
  const auto parts = ParseMultipart(kType, body + "--AaB03x--");
  ASSERT_FALSE(parts);
  EXPECT_EQ(parts.error().code, ErrorCode::kTooLarge);
  EXPECT_EQ(parts.error().text, "multipart body: more than 16 parts");
  const auto exact = ParseMultipart(kType, PartText("a", "") + PartText("b", "") + "--AaB03x--", {.max_parts = 2});
  EXPECT_TRUE(exact);
}

TEST(Multipart, StopsAtTheLimitOfAPartsHeader) {
  const std::string head = "--AaB03x\r\nContent-Disposition: form-data; name=\"a\"\r\n";
  for (const std::string& padding :
       {std::string(5000, 'x'), "X: " + std::string(3000, 'x') + "\r\nY: " + std::string(3000, 'y')}) {
    const auto parts = ParseMultipart(kType, head + padding + "\r\n\r\nbody\r\n--AaB03x--");
    ASSERT_FALSE(parts);
    EXPECT_EQ(parts.error().code, ErrorCode::kTooLarge) << parts.error().text;
  }
}

TEST(Multipart, IsLinearInWhatLooksLikeABoundary) {
  const std::string boundary(70, '-');
  std::string body = "--" + boundary + "\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n";
  const std::string nearly = "\r\n" + std::string(71, '-') + "x";
  for (int i = 0; i < 100'000; ++i) body += nearly;
  body += "\r\n--" + boundary + "--";
  const auto parts = ParseMultipart("multipart/form-data; boundary=" + boundary, body);
  ASSERT_TRUE(parts) << parts.error().text;
  EXPECT_EQ(parts->front().body.size(), nearly.size() * 100'000);
}

}  // namespace
}  // namespace lotmark::http
