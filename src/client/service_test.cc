#include "client/service.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <mutex>

#include "http/testing/echo.h"

namespace lotmark::client {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

const std::string kDigest(64, 'a');

std::string Served(const std::string& version) {
  return R"({"model_name": "lesion_cnn", "model_version": ")" + version + R"(", "manifest_sha256": ")" + kDigest +
         "\"}";
}

std::string HealthText(const std::string& failure = "null") {
  return R"({"status": "ok", "replica": "r1", "desired": )" + Served("2024-v1") + R"(, "active": )" +
         Served("2023-v1") + R"(, "loading": null, "in_sync": false, "swaps": 0, "last_failure": )" + failure + "}";
}

std::string ClassificationText(const std::string& classes) {
  std::string text = Served("2024-v1");
  text.pop_back();
  return text + R"(, "id": "x", "classes": )" + classes + "}";
}

TEST(ServiceTest, ReadsHealth) {
  const auto health = ParseHealth(HealthText());
  ASSERT_TRUE(health) << health.error().text;
  EXPECT_EQ(health->status, "ok");
  EXPECT_EQ(health->replica, "r1");
  EXPECT_EQ(health->desired->version.text(), "2024-v1");
  EXPECT_EQ(health->active->version.text(), "2023-v1");
  EXPECT_EQ(health->active->manifest_sha256.hex(), kDigest);
  EXPECT_EQ(health->loading, std::nullopt);
  EXPECT_FALSE(health->last_failure);
}

TEST(ServiceTest, ReadsTheLastFailure) {
  const auto of_version =
      ParseHealth(HealthText(R"({"version": )" + Served("2024-v1") + R"(, "reason": "bad\nbytes"})"));
  ASSERT_TRUE(of_version) << of_version.error().text;
  EXPECT_EQ(of_version->last_failure->version->version.text(), "2024-v1");
  EXPECT_EQ(of_version->last_failure->reason, "bad\\x0abytes");
  const auto of_pointer = ParseHealth(HealthText(R"({"version": null, "reason": "no pointer"})"));
  ASSERT_TRUE(of_pointer);
  EXPECT_FALSE(of_pointer->last_failure->version);
}

TEST(ServiceTest, ReadsAClassification) {
  const auto reply = ParseClassification(
      ClassificationText(R"([{"label": "a", "probability": 0.25}, {"label": "b", "probability": 1}])"));
  ASSERT_TRUE(reply) << reply.error().text;
  EXPECT_EQ(reply->by.version.text(), "2024-v1");
  EXPECT_THAT(reply->labels, ElementsAre("a", "b"));
  EXPECT_THAT(reply->probabilities, ElementsAre(0.25, 1));
}

TEST(ServiceTest, RefusesRepliesOfAnotherForm) {
  for (const std::string& body :
       {std::string(), std::string("<html>"), std::string("[]"), std::string("{}"), std::string("{\"status\": \"ok\"}"),
        HealthText("3"), HealthText("{\"version\": null}"), HealthText("{\"version\": 3, \"reason\": \"x\"}"),
        HealthText(R"({"version": {"model_name": "../x"}, "reason": "x"})")}) {
    EXPECT_FALSE(ParseHealth(body)) << body;
  }
  for (const char* classes : {"null", "{}", "[3]", "[{}]", R"([{"label": "a"}])", R"([{"label": 1, "probability": 1}])",
                              R"([{"label": "a", "probability": "1"}])"}) {
    EXPECT_FALSE(ParseClassification(ClassificationText(classes))) << classes;
  }
}

// Answers everything alike, and keeps what it was asked.
class FixedServer {
 public:
  FixedServer(int status, std::string body) {
    server_ = http::testing::StartServer([=, this](const http::Request& request, const http::Responder& respond) {
      {
        const std::lock_guard lock(mutex_);
        seen_ = request;
      }
      respond({.status = status, .headers = {}, .body = body});
    });
  }
  HttpClient client() const {
    return HttpClient::Make("http://127.0.0.1:" + std::to_string(server_->port()), {}).value();
  }
  http::Request seen() const {
    const std::lock_guard lock(mutex_);
    return seen_;
  }

 private:
  mutable std::mutex mutex_;
  http::Request seen_;
  std::unique_ptr<http::Server> server_;
};

TEST(ServiceTest, AsksForHealth) {
  const FixedServer server(200, HealthText());
  ASSERT_TRUE(ReadHealth(server.client()));
  EXPECT_EQ(server.seen().method, "GET");
  EXPECT_EQ(server.seen().target, "/health");
}

TEST(ServiceTest, ClassifiesAsATest) {
  const FixedServer server(200, ClassificationText("[]"));
  const std::string jpeg = "\xFF\xD8\xFF", png = "\x89PNG....";
  ASSERT_TRUE(ClassifyAsTest(server.client(), AsBytes(jpeg)));
  EXPECT_EQ(server.seen().method, "POST");
  EXPECT_EQ(server.seen().target, "/classify?source=test");
  EXPECT_EQ(server.seen().header("content-type"), "image/jpeg");
  EXPECT_EQ(server.seen().body, jpeg);
  ASSERT_TRUE(ClassifyAsTest(server.client(), AsBytes(png)));
  EXPECT_EQ(server.seen().header("content-type"), "image/png");
}

TEST(ServiceTest, SaysWhatAServiceAnswersInstead) {
  const FixedServer busy(503, R"({"error": {"code": "busy", "message": "too many requests are waiting"}})");
  const auto refused = ClassifyAsTest(busy.client(), {});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kBusy);
  EXPECT_THAT(refused.error().text, HasSubstr("HTTP status 503: too many requests are waiting"));

  const FixedServer other(404, "<html>not here</html>");
  EXPECT_EQ(ReadHealth(other.client()).error().code, ErrorCode::kRefused);
  EXPECT_THAT(ReadHealth(other.client()).error().text, HasSubstr("HTTP status 404"));

  const FixedServer page(200, "<html>welcome</html>");
  EXPECT_EQ(ReadHealth(page.client()).error().code, ErrorCode::kRefused);
  EXPECT_THAT(ReadHealth(page.client()).error().text, HasSubstr("is not `lotmark serve`"));
}

}  // namespace
}  // namespace lotmark::client
