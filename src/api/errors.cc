#include "api/errors.h"

#include "base/json.h"

namespace lotmark::api {
namespace {

struct Meaning {
  int status;
  const char* code;
};

constexpr Meaning kFailed{500, "failed"};

Meaning MeaningOf(ErrorCode code, Looked looked) {
  switch (code) {
    case ErrorCode::kRefused:
    case ErrorCode::kUsage:
      if (looked == Looked::kAtStore) return kFailed;
      return looked == Looked::kAtImage ? Meaning{422, "unusable_image"} : Meaning{400, "bad_request"};
    case ErrorCode::kTooLarge:
      return looked == Looked::kAtStore ? kFailed : Meaning{413, "too_large"};
    case ErrorCode::kNotFound:
      return {404, "not_found"};
    case ErrorCode::kConflict:
      return {409, "conflict"};
    case ErrorCode::kBusy:
      return {503, "busy"};
    case ErrorCode::kWithdrawn:
      return {503, "version_withdrawn"};
    case ErrorCode::kNoSpace:
      return {507, "no_space"};
    case ErrorCode::kModelFault:
    case ErrorCode::kMachine:
    case ErrorCode::kUnconfirmed:
      return kFailed;
  }
  return kFailed;
}

const char* FailureText(ErrorCode code) {
  if (code == ErrorCode::kNoSpace) return "the service has no disk space, so nothing was recorded";
  if (code == ErrorCode::kUnconfirmed) {
    return "the service cannot tell whether the classification was recorded: send it again with the same id";
  }
  return "the service failed and recorded nothing; its log says why";
}

}  // namespace

http::Response ErrorResponseFor(const Error& error, Looked looked) {
  const Meaning meaning = MeaningOf(error.code, looked);
  const bool ours = meaning.status == 500 || meaning.status == 507;
  Json body;
  body["code"] = meaning.code;
  body["message"] = ours ? FailureText(error.code) : error.text;
  if (!ours && !error.hint.empty()) body["hint"] = error.hint;
  http::Response response;
  response.status = meaning.status;
  response.body = DumpJson(Json{{"error", std::move(body)}}) + "\n";
  if (meaning.status == 503) response.headers.emplace_back("Retry-After", "1");
  return response;
}

}  // namespace lotmark::api
