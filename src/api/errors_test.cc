#include "api/errors.h"

#include <gtest/gtest.h>

#include "base/json.h"

namespace lotmark::api {
namespace {

Json BodyOf(const http::Response& response) {
  const auto body = ParseJson(response.body);
  EXPECT_TRUE(body) << response.body;
  return body ? *body : Json();
}

TEST(ErrorResponse, HasTheStatusThatFits) {
  const struct {
    ErrorCode code;
    Looked looked;
    int status;
    const char* name;
  } cases[] = {
      {ErrorCode::kRefused, Looked::kAtRequest, 400, "bad_request"},
      {ErrorCode::kRefused, Looked::kAtImage, 422, "unusable_image"},
      {ErrorCode::kRefused, Looked::kAtStore, 500, "failed"},
      {ErrorCode::kTooLarge, Looked::kAtRequest, 413, "too_large"},
      {ErrorCode::kTooLarge, Looked::kAtImage, 413, "too_large"},
      {ErrorCode::kTooLarge, Looked::kAtStore, 500, "failed"},
      {ErrorCode::kNotFound, Looked::kAtStore, 404, "not_found"},
      {ErrorCode::kConflict, Looked::kAtImage, 409, "conflict"},
      {ErrorCode::kBusy, Looked::kAtImage, 503, "busy"},
      {ErrorCode::kWithdrawn, Looked::kAtImage, 503, "version_withdrawn"},
      {ErrorCode::kNoSpace, Looked::kAtImage, 507, "no_space"},
      {ErrorCode::kMachine, Looked::kAtImage, 500, "failed"},
      {ErrorCode::kUnconfirmed, Looked::kAtImage, 500, "failed"},
      {ErrorCode::kModelFault, Looked::kAtImage, 500, "failed"},
  };
  for (const auto& one : cases) {
    const auto response = ErrorResponseFor({one.code, "what: which: why", "do this"}, one.looked);
    EXPECT_EQ(response.status, one.status) << one.name;
    EXPECT_EQ(BodyOf(response)["error"]["code"], one.name);
    EXPECT_EQ(response.content_type, "application/json");
  }
}

TEST(ErrorResponse, TellsTheCallerWhatTheCallerCanMend) {
  const auto response = ErrorResponseFor(Refused("id: 'x' is not a UUID", "make one"), Looked::kAtRequest);
  EXPECT_EQ(BodyOf(response),
            (Json{{"error", {{"code", "bad_request"}, {"message", "id: 'x' is not a UUID"}, {"hint", "make one"}}}}));
}

TEST(ErrorResponse, LeavesOutAHintThatThereIsNot) {
  EXPECT_FALSE(BodyOf(ErrorResponseFor(Refused("no"), Looked::kAtRequest))["error"].contains("hint"));
}

TEST(ErrorResponse, NeverShowsTheTextOfAFailureOfThisSide) {
  for (const ErrorCode code :
       {ErrorCode::kMachine, ErrorCode::kNoSpace, ErrorCode::kUnconfirmed, ErrorCode::kRefused}) {
    const auto response = ErrorResponseFor({code, "/srv/secret/records.db: broken", "look at /srv"}, Looked::kAtStore);
    EXPECT_EQ(response.body.find("/srv"), std::string::npos) << response.body;
    EXPECT_FALSE(BodyOf(response)["error"]["message"].get<std::string>().empty());
  }
}

TEST(ErrorResponse, SaysWhenToComeBack) {
  const auto busy = ErrorResponseFor({ErrorCode::kBusy, "queue full"}, Looked::kAtImage);
  EXPECT_EQ(busy.headers, (http::Headers{{"Retry-After", "1"}}));
  EXPECT_TRUE(ErrorResponseFor(Refused("no"), Looked::kAtImage).headers.empty());
}

TEST(ErrorResponse, SurvivesTextThatIsNotUtf8) {
  EXPECT_EQ(BodyOf(ErrorResponseFor(Refused("bad \xff\xfe text"), Looked::kAtRequest))["error"]["code"], "bad_request");
}

}  // namespace
}  // namespace lotmark::api
