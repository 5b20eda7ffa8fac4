#include "api/exchange.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/json.h"
#include "records/testing/sample_rows.h"

namespace lotmark::api {
namespace {

constexpr char kParent[] = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

std::string HeaderOf(const http::Response& response, std::string_view name) {
  for (const auto& [key, value] : response.headers) {
    if (key == name) return value;
  }
  return "";
}

// What a request with these headers gets.
http::Response Answered(const http::Headers& headers, http::Response response = {}) {
  http::Request request;
  request.headers = headers;
  Exchange exchange(request);
  EXPECT_TRUE(exchange.Finish(response));
  return response;
}

TEST(Exchange, KeepsTheCallersRequestIdWhenItIsOne) {
  EXPECT_EQ(HeaderOf(Answered({{"x-request-id", "Clinic-7.job_12"}}), "X-Request-Id"), "Clinic-7.job_12");
  for (const std::string& theirs :
       {std::string(), std::string("a b"), std::string("-x"), std::string("x\"y"), std::string("p=17"),
        std::string("../x"), std::string(65, 'x'), std::string("\xc3\xa4")}) {
    const auto id = Uuid::Parse(HeaderOf(Answered({{"x-request-id", theirs}}), "X-Request-Id"));
    ASSERT_TRUE(id) << theirs;
    EXPECT_EQ(id->text()[14], '7');
  }
  EXPECT_TRUE(Uuid::Parse(HeaderOf(Answered({}), "X-Request-Id")));
  EXPECT_TRUE(Uuid::Parse(HeaderOf(Answered({{"x-request-id", "a"}, {"x-request-id", "b"}}), "X-Request-Id")));
}

TEST(Exchange, GoesOnWithTheCallersTrace) {
  const auto response = Answered({{"traceparent", kParent}, {"tracestate", "a=1"}, {"tracestate", "b=2"}});
  const auto trace = ParseTraceparent(HeaderOf(response, "traceparent"));
  ASSERT_TRUE(trace);
  EXPECT_EQ(trace->trace_id, "4bf92f3577b34da6a3ce929d0e0e4736");
  EXPECT_NE(trace->span_id, "00f067aa0ba902b7");
  EXPECT_TRUE(trace->sampled);
  EXPECT_EQ(HeaderOf(response, "tracestate"), "a=1,b=2");
}

TEST(Exchange, BeginsATraceWhereTheCallersIsInvalid) {
  const http::Headers cases[] = {{{"traceparent", "00-x"}, {"tracestate", "a=1"}},
                                 {{"traceparent", kParent}, {"traceparent", kParent}},
                                 {{"tracestate", "a=1"}},
                                 {}};
  for (const auto& headers : cases) {
    const auto response = Answered(headers);
    const auto trace = ParseTraceparent(HeaderOf(response, "traceparent"));
    ASSERT_TRUE(trace);
    EXPECT_NE(trace->trace_id, "4bf92f3577b34da6a3ce929d0e0e4736");
    EXPECT_EQ(HeaderOf(response, "tracestate"), "") << "the state of a trace that is not ours";
  }
}

TEST(Exchange, DropsAStateThatIsInvalid) {
  const auto response = Answered({{"traceparent", kParent}, {"tracestate", "a=1,a=2"}});
  EXPECT_EQ(HeaderOf(response, "tracestate"), "");
  EXPECT_EQ(ParseTraceparent(HeaderOf(response, "traceparent"))->trace_id, "4bf92f3577b34da6a3ce929d0e0e4736");
}

TEST(Exchange, NamesTheRequestInAnErrorAndNowhereElse) {
  const http::Headers headers{{"x-request-id", "r-1"}};
  const auto error = Answered(headers, http::ErrorResponse(404, "not_found", "nothing is here"));
  EXPECT_EQ(*ParseJson(error.body),
            (Json{{"error", {{"code", "not_found"}, {"message", "nothing is here"}, {"request_id", "r-1"}}}}));
  http::Response ready{.status = 503, .headers = {}, .body = "{\"ready\":false}\n"};
  EXPECT_EQ(Answered(headers, ready).body, "{\"ready\":false}\n");
  http::Response fine{.headers = {}, .body = R"({"error":{}})"};
  EXPECT_EQ(Answered(headers, fine).body, R"({"error":{}})");
}

TEST(Exchange, TellsOnceWhatBecameOfTheRequest) {
  const auto row = records::SampleRow();
  Exchange exchange;
  exchange.set_route("/classify");
  serve::ClassifyFacts facts{.result = serve::ClassifyResult::kOk};
  exchange.set_classification(facts, &row);
  http::Response response;
  EXPECT_TRUE(exchange.Finish(response));
  EXPECT_FALSE(exchange.Finish(response));
  EXPECT_EQ(response.headers.size(), 2u) << "headers were added once";
  EXPECT_EQ(exchange.line().request_id, HeaderOf(response, "X-Request-Id"));
  EXPECT_EQ(exchange.line().route, "/classify");
  EXPECT_EQ(exchange.line().status, 200);
  EXPECT_EQ(exchange.line().classification_id, row.id);
  EXPECT_EQ(exchange.line().classification->manifest_sha256, row.manifest_sha256);
}

}  // namespace
}  // namespace lotmark::api
