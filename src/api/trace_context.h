// W3C Trace Context (www.w3.org/TR/trace-context): reads `traceparent` and `tracestate` as callers send them, strictly.
// What is not valid is as if it had not been sent. Pure functions but NewTrace and NextSpan, which draw random ids.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace lotmark::api {

struct TraceContext {
  std::string trace_id;  // 32 lower-case hexadecimal digits, not all 0
  std::string span_id;   // 16 of them, not all 0
  bool sampled = false;
  std::string state = {};  // tracestate, as the caller wrote it; "" = none

  // Version 00.
  std::string Traceparent() const;
};

// `VERSION-TRACEID-PARENTID-FLAGS`. A version above 00 is read as 00 and may have more behind a further '-'; ff is
// invalid.
std::optional<TraceContext> ParseTraceparent(std::string_view value);

// A list of at most 32 `key=value` with different keys. `value` is all fields of that name, joined by commas.
bool IsTracestate(std::string_view value);

// A trace of our own, not sampled.
TraceContext NewTrace();
// `caller`'s trace with a fresh span id.
TraceContext NextSpan(TraceContext caller);

}  // namespace lotmark::api
