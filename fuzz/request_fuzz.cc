// One connection's bytes -> requests -> what POST /classify and downloads read from them. The requests must be the same
// however the bytes are cut on their way; the first byte of the input says into what pieces.
#include <vector>

#include "api/classify_request.h"
#include "api/range.h"
#include "fuzz.h"
#include "http/request_parser.h"

namespace lotmark::fuzz {
namespace {

using Progress = http::RequestParser::Progress;

http::Limits SmallLimits() {
  http::Limits limits;
  limits.max_body_bytes = 2048;
  limits.max_header_bytes = 1024;
  limits.max_header_count = 16;
  limits.max_target_bytes = 256;
  return limits;
}

struct Seen {
  std::vector<http::Request> requests;
  int refused = 0;  // status of the refusal that ended it
};

// As http/connection.cc does it.
Seen Read(std::string_view bytes, size_t step) {
  static const http::Limits limits = SmallLimits();
  Seen seen;
  std::string waiting;
  bool open = true;
  while (open && !(bytes.empty() && waiting.empty())) {
    http::RequestParser parser(limits);
    waiting.erase(0, parser.Feed(waiting));
    while (!parser.final() && !bytes.empty()) {
      waiting += bytes.substr(0, step);
      bytes.remove_prefix(std::min(step, bytes.size()));
      waiting.erase(0, parser.Feed(waiting));
    }
    Require(waiting.size() <= limits.max_header_bytes + step || parser.final(), "what waits is bounded");
    Require(parser.body_bytes() <= limits.max_body_bytes, "max_body_bytes holds");
    open = parser.keep_alive();
    if (parser.progress() == Progress::kDone) seen.requests.push_back(parser.TakeRequest());
    if (parser.progress() == Progress::kRefused) seen.refused = parser.TakeRefusal().status;
    if (!parser.final()) break;
  }
  return seen;
}

void CheckRequest(const http::Request& request) {
  const auto limits = SmallLimits();
  Require(request.body.size() <= limits.max_body_bytes, "max_body_bytes holds");
  Require(request.headers.size() <= limits.max_header_count, "max_header_count holds");
  Require(request.path == "*" || request.path.front() == '/', "a path begins with a slash");
  Require(request.path.find('\0') == std::string::npos, "no NUL in a path");
  Require(("/" + request.path + "/").find("/../") == std::string::npos, "no dot segment in a path");
}

void CheckDownload(const http::Request& request) {
  constexpr uint64_t kSize = 1000;
  const auto slice = api::ChooseSlice(request.header("range"), kSize);
  if (slice.kind == api::Slice::Kind::kPart) {
    Require(slice.size > 0 && slice.offset < kSize && slice.size <= kSize - slice.offset,
            "a part lies inside the file");
  }
  api::NamesEtag(request.header("if-none-match"), "\"etag\"", api::Comparison::kWeak);
}

void Check(std::string_view bytes, size_t step) {
  Seen whole = Read(bytes, bytes.size() + 1);
  const Seen pieces = Read(bytes, step);
  Require(whole.refused == 0 || whole.refused >= 400, "a refusal is an error");
  Require(whole.requests.size() == pieces.requests.size(), "as many requests in pieces as in one");
  for (size_t i = 0; i < whole.requests.size(); ++i) {
    http::Request& request = whole.requests[i];
    const http::Request& same = pieces.requests[i];
    Require(request.target == same.target && request.headers == same.headers && request.body == same.body,
            "the same request in pieces as in one");
    CheckRequest(request);
    CheckDownload(request);
    const auto read = api::ReadClassifyRequest(std::move(request));
    if (!read) Require(!read.error().text.empty(), "a refusal says why");
  }
}

}  // namespace
}  // namespace lotmark::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto input = lotmark::fuzz::Split(data, size);
  lotmark::fuzz::Check(input.text, size_t{1} + input.choice % 64);
  return 0;
}
