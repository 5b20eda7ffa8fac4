#include "http/router.h"

#include <gtest/gtest.h>

namespace lotmark::http {
namespace {

Response Ask(const Handler& handler, std::string method, std::string path) {
  Response answer;
  Request request;
  request.method = std::move(method);
  request.path = std::move(path);
  handler(std::move(request), [&answer](Response response) { answer = std::move(response); });
  return answer;
}

RouteHandler Say(std::string text) {
  return [text](const Request&, const PathParams& params, const Responder& respond) {
    respond({.status = 200,
             .content_type = "text/plain",
             .headers = {},
             .body = text + ":" + std::string(params["name"]) + ":" + std::string(params["version"])});
  };
}

Handler Example() {
  Router router;
  router.Add("GET", "/", Say("root"));
  router.Add("GET", "/models", Say("list"));
  router.Add("GET", "/models/{name}", Say("one"));
  router.Add("POST", "/models/{name}", Say("post"));
  router.Add("GET", "/models/{name}/versions/{version}", Say("version"));
  router.Add("POST", "/classify", Say("classify"));
  return router.AsHandler();
}

TEST(Router, CallsTheRouteThatMatches) {
  const Handler handler = Example();
  EXPECT_EQ(Ask(handler, "GET", "/").body, "root::");
  EXPECT_EQ(Ask(handler, "GET", "/models").body, "list::");
  EXPECT_EQ(Ask(handler, "GET", "/models/derm").body, "one:derm:");
  EXPECT_EQ(Ask(handler, "POST", "/models/derm").body, "post:derm:");
  EXPECT_EQ(Ask(handler, "GET", "/models/derm/versions/2024-v1").body, "version:derm:2024-v1");
}

TEST(Router, ALastSegmentWithDotsTakesTheRestOfThePath) {
  Router router;
  router.Add("GET", "/m/{version}/files/{name...}", Say("file"));
  router.Add("GET", "/m/{version}/files", Say("list"));
  const Handler handler = router.AsHandler();
  EXPECT_EQ(Ask(handler, "GET", "/m/1/files/a.onnx").body, "file:a.onnx:1");
  EXPECT_EQ(Ask(handler, "GET", "/m/1/files/golden/deep/x.png").body, "file:golden/deep/x.png:1");
  EXPECT_EQ(Ask(handler, "GET", "/m/1/files").body, "list::1");
  for (const char* path : {"/m/1/files/", "/m/1/files//a", "/m/1/files/a/", "/m/1/files/a//b", "/m//files/a", "/m/1"}) {
    EXPECT_EQ(Ask(handler, "GET", path).status, 404) << path;
  }
  EXPECT_EQ(Ask(handler, "PUT", "/m/1/files/a/b").status, 405);
}

TEST(Router, GivesHeadToTheHandlerOfGet) { EXPECT_EQ(Ask(Example(), "HEAD", "/models").body, "list::"); }

TEST(Router, AnswersUnknownPathsWith404) {
  const Handler handler = Example();
  for (const char* path : {"/model", "/models/", "/models//versions/1", "/models/a/b", "//", "/Models", "*", ""}) {
    const Response answer = Ask(handler, "GET", path);
    EXPECT_EQ(answer.status, 404) << path;
    EXPECT_NE(answer.body.find("not_found"), std::string::npos);
  }
}

TEST(Router, AnswersKnownPathsWithOtherMethodsWith405AndAllow) {
  const Handler handler = Example();
  const Response one = Ask(handler, "DELETE", "/models/derm");
  EXPECT_EQ(one.status, 405);
  ASSERT_EQ(one.headers.size(), 1u);
  EXPECT_EQ(one.headers[0], (std::pair<std::string, std::string>("Allow", "GET, HEAD, POST")));
  const Response head = Ask(handler, "HEAD", "/classify");
  EXPECT_EQ(head.status, 405);
  EXPECT_EQ(head.headers[0].second, "POST");
}

TEST(Router, PrintsOutsideTextSafely) {
  const Response answer = Ask(Example(), "GET", "/\x1b[2J\"");
  EXPECT_EQ(answer.body.find('\x1b'), std::string::npos);
  EXPECT_NE(answer.body.find(R"(\\x1b[2J\")"), std::string::npos) << answer.body;
}

TEST(Router, HandlerOutlivesIt) {
  Handler handler;
  {
    Router router;
    router.Add("GET", "/x", Say("x"));
    handler = router.AsHandler();
    router.Add("GET", "/late", Say("late"));
  }
  EXPECT_EQ(Ask(handler, "GET", "/x").body, "x::");
  EXPECT_EQ(Ask(handler, "GET", "/late").status, 404);
}

}  // namespace
}  // namespace lotmark::http
