#include "api/errors.h"

#include "base/json.h"

namespace lotmark::api {
namespace {

struct Meaning {
  int status;
  const char* code;
};

Meaning MeaningOf(ErrorCode code, int refused_status) {
  switch (code) {
    case ErrorCode::kRefused:
    case ErrorCode::kUsage:
      return {refused_status, refused_status == 422 ? "unusable_image" : "bad_request"};
    case ErrorCode::kNotFound:
      return {404, "not_found"};
    case ErrorCode::kConflict:
      return {409, "conflict"};
    case ErrorCode::kTooLarge:
      return {413, "too_large"};
    case ErrorCode::kBusy:
      return {503, "busy"};
    case ErrorCode::kNoSpace:
      return {507, "no_space"};
    case ErrorCode::kMachine:
    case ErrorCode::kUnconfirmed:
      return {500, "failed"};
  }
  return {500, "failed"};
}

}  // namespace

http::Response ErrorResponseFor(const Error& error, int refused_status) {
  const Meaning meaning = MeaningOf(error.code, refused_status);
  const bool machine = meaning.status == 500 || meaning.status == 507;
  Json body;
  body["code"] = meaning.code;
  body["message"] =
      machine ? "the service failed and recorded nothing that it could confirm; its log says why" : error.text;
  if (!machine && !error.hint.empty()) body["hint"] = error.hint;
  http::Response response;
  response.status = meaning.status;
  response.body = DumpJson(Json{{"error", std::move(body)}}) + "\n";
  if (meaning.status == 503) response.headers.emplace_back("Retry-After", "1");
  return response;
}

}  // namespace lotmark::api
