// One request on its way through the API: who it is (request id, trace), and what its line in the log will say.
//
// Thread safety: the setters and Finish by one thread at a time, which is how a request moves through a service.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "api/trace_context.h"
#include "http/handler.h"
#include "records/row.h"
#include "serve/classify_facts.h"

namespace lotmark::api {

// What the log may know of a request: nothing in here came with it but a request id and a trace id of bounded form.
// Never an image, a reference, a header, a path or a query.
struct RequestLine {
  std::string request_id;
  TraceContext trace;      // our own span
  std::string_view route;  // its pattern; "" = none
  int status = 0;
  std::chrono::microseconds took{0};
  std::optional<serve::ClassifyFacts> classification;
  std::optional<Uuid> classification_id;
  std::string failure;  // why this side failed, which the caller is not told
};

class Exchange {
 public:
  // Takes the caller's X-Request-Id, traceparent and tracestate where they are valid.
  explicit Exchange(const http::Request& request);
  // Of a request that was refused before its header was understood.
  Exchange();

  // REQUIRES: `pattern` outlives this.
  void set_route(std::string_view pattern) { line_.route = pattern; }
  void set_failure(const std::string& why) { line_.failure = why; }
  // `row` is the reply's, when there is one: a replayed one may be of another version than the one that ran.
  void set_classification(const serve::ClassifyFacts& facts, const records::ClassificationRow* row);

  // Puts X-Request-Id, traceparent and tracestate on the response, and the request id into an error body; from then on
  // line() is complete. False at the second call: a request is answered once.
  bool Finish(http::Response& response);
  const RequestLine& line() const { return line_; }

 private:
  const std::chrono::steady_clock::time_point received_ = std::chrono::steady_clock::now();
  std::atomic<bool> finished_{false};
  RequestLine line_;
};

// A responder that finishes its exchange first.
class Answer {
 public:
  using Told = std::function<void(const RequestLine&)>;
  Answer(std::shared_ptr<Exchange> exchange, Told told, http::Responder respond)
      : exchange_(std::move(exchange)), told_(std::move(told)), respond_(std::move(respond)) {}

  void operator()(http::Response response) const {
    if (!exchange_->Finish(response)) return;
    told_(exchange_->line());
    respond_(std::move(response));
  }
  Exchange& exchange() const { return *exchange_; }

 private:
  std::shared_ptr<Exchange> exchange_;
  Told told_;
  http::Responder respond_;
};

}  // namespace lotmark::api
