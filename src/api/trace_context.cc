#include "api/trace_context.h"

#include <algorithm>
#include <set>

#include "base/encoding.h"
#include "base/uuid.h"
#include "http/header_value.h"

namespace lotmark::api {
namespace {

constexpr size_t kTraceDigits = 32, kSpanDigits = 16;
constexpr size_t kTraceAt = 3, kSpanAt = kTraceAt + kTraceDigits + 1, kFlagsAt = kSpanAt + kSpanDigits + 1;
constexpr size_t kSize = kFlagsAt + 2;
constexpr size_t kMaxMembers = 32;
constexpr size_t kMaxKey = 256, kMaxValue = 256, kMaxTenant = 241, kMaxSystem = 14;

bool IsHex(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}
bool IsZero(std::string_view text) { return text.find_first_not_of('0') == std::string_view::npos; }

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsLower(char c) { return c >= 'a' && c <= 'z'; }
bool IsKeyChar(char c) {
  return IsLower(c) || IsDigit(c) || std::string_view("_-*/").find(c) != std::string_view::npos;
}

bool IsName(std::string_view text, size_t max, bool digit_first) {
  if (text.empty() || text.size() > max) return false;
  if (!IsLower(text.front()) && !(digit_first && IsDigit(text.front()))) return false;
  return std::all_of(text.begin(), text.end(), IsKeyChar);
}

// `name`, or `tenant@system`.
bool IsKey(std::string_view key) {
  const size_t at = key.find('@');
  if (at == std::string_view::npos) return IsName(key, kMaxKey, false);
  return IsName(key.substr(0, at), kMaxTenant, true) && IsName(key.substr(at + 1), kMaxSystem, false);
}

bool IsValue(std::string_view value) {
  return !value.empty() && value.size() <= kMaxValue &&
         std::all_of(value.begin(), value.end(), [](char c) { return c >= ' ' && c <= '~' && c != ',' && c != '='; });
}

// Of a version 4 UUID the first 48 bits are random, and so are the last 62: neither can be all 0 in practice, but an id
// that is would be invalid.
std::string RandomHex(size_t digits) {
  std::string hex;
  do {
    hex.clear();
    while (hex.size() < digits) {
      std::string text = Uuid::V4().text();
      std::erase(text, '-');
      hex += text.substr(0, 12);
    }
    hex.resize(digits);
  } while (IsZero(hex));
  return hex;
}

}  // namespace

std::string TraceContext::Traceparent() const { return "00-" + trace_id + '-' + span_id + (sampled ? "-01" : "-00"); }

std::optional<TraceContext> ParseTraceparent(std::string_view value) {
  if (value.size() < kSize) return std::nullopt;
  const std::string_view version = value.substr(0, 2), trace = value.substr(kTraceAt, kTraceDigits),
                         span = value.substr(kSpanAt, kSpanDigits), flags = value.substr(kFlagsAt, 2);
  if (!IsHex(version) || version == "ff" || !IsHex(trace) || !IsHex(span) || !IsHex(flags)) return std::nullopt;
  if (value[kTraceAt - 1] != '-' || value[kSpanAt - 1] != '-' || value[kFlagsAt - 1] != '-') return std::nullopt;
  if (IsZero(trace) || IsZero(span)) return std::nullopt;
  if (value.size() > kSize && (version == "00" || value[kSize] != '-')) return std::nullopt;
  const char last = flags[1];
  const int bits = IsDigit(last) ? last - '0' : last - 'a' + 10;
  return TraceContext{std::string(trace), std::string(span), (bits & 1) != 0};
}

bool IsTracestate(std::string_view value) {
  std::set<std::string_view> keys;
  for (bool more = true; more;) {
    const size_t comma = value.find(',');
    const std::string_view member = http::Trimmed(value.substr(0, comma));
    more = comma != std::string_view::npos;
    if (more) value.remove_prefix(comma + 1);
    if (member.empty()) continue;  // allowed between commas
    const size_t equals = member.find('=');
    if (equals == std::string_view::npos) return false;
    if (!IsKey(member.substr(0, equals)) || !IsValue(member.substr(equals + 1))) return false;
    if (!keys.insert(member.substr(0, equals)).second) return false;
  }
  return !keys.empty() && keys.size() <= kMaxMembers;
}

TraceContext NewTrace() { return {RandomHex(kTraceDigits), RandomHex(kSpanDigits)}; }

TraceContext NextSpan(TraceContext caller) {
  caller.span_id = RandomHex(kSpanDigits);
  return caller;
}

}  // namespace lotmark::api
