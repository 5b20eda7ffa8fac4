#include "http/request_parser.h"

#include <gtest/gtest.h>

#include <random>

namespace lotmark::http {
namespace {

using Progress = RequestParser::Progress;

// As a connection feeds it: pieces of `step` bytes behind what was not taken. Returns what was left for the next
// request.
std::string FeedInSteps(RequestParser& parser, std::string_view bytes, size_t step) {
  std::string waiting;
  while (!parser.final() && !bytes.empty()) {
    waiting += bytes.substr(0, step);
    bytes.remove_prefix(std::min(step, bytes.size()));
    waiting.erase(0, parser.Feed(waiting));
  }
  return waiting + std::string(bytes);
}

constexpr std::string_view kPlain = "\r\nPOST /a?b HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nbodyGET";
constexpr std::string_view kChunked =
    "POST /a?b HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    "1\r\nb\r\n0003;x=y\r\nody\r\n0\r\nT: railer\r\n\r\nGET";

TEST(RequestParser, ReadsTheSameInPiecesOfAnySize) {
  const Limits limits;
  for (const std::string_view text : {kPlain, kChunked}) {
    for (size_t step = 1; step <= text.size(); ++step) {
      RequestParser parser(limits);
      EXPECT_EQ(FeedInSteps(parser, text, step), "GET") << step;
      ASSERT_EQ(parser.progress(), Progress::kDone) << step;
      EXPECT_TRUE(parser.keep_alive());
      EXPECT_EQ(parser.body_bytes(), 4u);
      const Request request = parser.TakeRequest();
      EXPECT_EQ(request.method, "POST");
      EXPECT_EQ(request.path, "/a");
      EXPECT_EQ(request.query, "b");
      EXPECT_EQ(request.body, "body");
      EXPECT_EQ(request.headers.size(), 2u);
    }
  }
}

TEST(RequestParser, NeverTakesATruncatedRequestForAWholeOne) {
  const Limits limits;
  const std::string_view whole = kPlain.substr(0, kPlain.size() - 3);
  for (size_t length = 0; length < whole.size(); ++length) {
    RequestParser parser(limits);
    FeedInSteps(parser, whole.substr(0, length), 7);
    EXPECT_FALSE(parser.final()) << length;
  }
}

TEST(RequestParser, HeaderLimitIsExact) {
  const std::string header = "GET / HTTP/1.1\r\nHost: x\r\nA: bcd\r\n\r\n";
  for (const size_t step : {size_t{1}, size_t{5}, header.size()}) {
    Limits limits;
    limits.max_header_bytes = header.size();
    RequestParser fits(limits);
    FeedInSteps(fits, header, step);
    EXPECT_EQ(fits.progress(), Progress::kDone);
    limits.max_header_bytes = header.size() - 1;
    RequestParser over(limits);
    FeedInSteps(over, header, step);
    ASSERT_EQ(over.progress(), Progress::kRefused);
    EXPECT_EQ(over.TakeRefusal().status, 431);
  }
}

TEST(RequestParser, WantsContinueOnlyWhileTheBodyIsMissing) {
  const Limits limits;
  RequestParser parser(limits);
  parser.Feed("POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-Continue\r\nContent-Length: 2\r\n\r\n");
  EXPECT_TRUE(parser.wants_continue());
  parser.Feed("ab");
  EXPECT_FALSE(parser.wants_continue());
  EXPECT_EQ(parser.progress(), Progress::kDone);

  RequestParser old(limits);
  old.Feed("POST / HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
  EXPECT_FALSE(old.wants_continue());
}

// Damaged requests end in an answer or in waiting for more, with nothing for the sanitizers to say.
TEST(RequestParser, SurvivesRandomDamage) {
  std::mt19937 random(20240213);  // NOLINT: the same damage in every run
  Limits limits;
  limits.max_body_bytes = 64;
  size_t refused = 0;
  for (int run = 0; run < 6'000; ++run) {
    std::string text(run % 2 == 0 ? kPlain : kChunked);
    for (auto hits = 1 + random() % 3; hits > 0; --hits) {
      const size_t at = random() % text.size();
      switch (random() % 4) {
        case 0:
          text[at] = static_cast<char>(random() % 256);
          break;
        case 1:
          text.erase(at, 1 + random() % 5);
          break;
        case 2:
          text.insert(at, text.substr(random() % text.size(), random() % 9));
          break;
        default:
          text[at] = "\r\n :;0f"[random() % 7];
          break;
      }
      if (text.empty()) text = "x";
    }
    RequestParser parser(limits);
    FeedInSteps(parser, text, 1 + random() % 40);
    if (parser.progress() == Progress::kRefused) ++refused;
    if (parser.progress() == Progress::kDone) {
      EXPECT_LE(parser.TakeRequest().body.size(), 64u);
    }
  }
  EXPECT_GT(refused, 500u);
}

}  // namespace
}  // namespace lotmark::http
