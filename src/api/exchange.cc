#include "api/exchange.h"

#include "base/clock.h"
#include "base/ids.h"
#include "base/json.h"

namespace lotmark::api {
namespace {

struct RequestIdTag {
  static constexpr std::string_view kKind = "request id";
};
using RequestId = Id<RequestIdTag>;

// The value of a header that stands once; "" otherwise.
std::string_view SingleHeader(const http::Request& request, std::string_view name) {
  std::string_view found;
  int count = 0;
  for (const auto& [key, value] : request.headers) {
    if (key != name) continue;
    found = value;
    ++count;
  }
  return count == 1 ? found : std::string_view();
}

std::string JoinedHeader(const http::Request& request, std::string_view name) {
  std::string joined;
  for (const auto& [key, value] : request.headers) {
    if (key != name) continue;
    if (!joined.empty()) joined += ',';
    joined += value;
  }
  return joined;
}

std::string FreshRequestId() { return Uuid::V7(SystemClock().Now()).text(); }

std::string RequestIdOf(const http::Request& request) {
  const auto id = RequestId::Parse(SingleHeader(request, "x-request-id"));
  return id ? id->text() : FreshRequestId();
}

TraceContext TraceOf(const http::Request& request) {
  auto caller = ParseTraceparent(SingleHeader(request, "traceparent"));
  if (!caller) return NewTrace();
  std::string state = JoinedHeader(request, "tracestate");
  if (IsTracestate(state)) caller->state = std::move(state);
  return NextSpan(std::move(*caller));
}

// Every error of the API and of the HTTP server has one form, so the id can be put in here, in one place.
void NameRequest(http::Response& response, const std::string& request_id) {
  if (response.status < 400 || response.stream || response.content_type != "application/json") return;
  auto body = ParseJson(response.body);
  if (!body || !body->is_object() || !body->contains("error")) return;
  (*body)["error"]["request_id"] = request_id;
  response.body = DumpJson(*body) + "\n";
}

}  // namespace

Exchange::Exchange(const http::Request& request) {
  line_.request_id = RequestIdOf(request);
  line_.trace = TraceOf(request);
}

Exchange::Exchange() {
  line_.request_id = FreshRequestId();
  line_.trace = NewTrace();
}

void Exchange::set_classification(const serve::ClassifyFacts& facts, const records::ClassificationRow* row) {
  line_.classification = facts;
  if (row == nullptr) return;
  line_.classification_id = row->id;
  line_.classification->version = row->model_version;
  line_.classification->manifest_sha256 = row->manifest_sha256;
}

bool Exchange::Finish(http::Response& response) {
  if (finished_.exchange(true)) return false;
  NameRequest(response, line_.request_id);
  response.headers.emplace_back("X-Request-Id", line_.request_id);
  response.headers.emplace_back("traceparent", line_.trace.Traceparent());
  if (!line_.trace.state.empty()) response.headers.emplace_back("tracestate", line_.trace.state);
  line_.status = response.status;
  line_.took = std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - received_);
  return true;
}

}  // namespace lotmark::api
