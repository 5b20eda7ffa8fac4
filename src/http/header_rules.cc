#include "http/header_rules.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/encoding.h"
#include "http/header_value.h"

namespace lotmark::http {
namespace {

size_t Count(const Request& request, std::string_view name) {
  const auto same = [name](const auto& header) { return header.first == name; };
  return static_cast<size_t>(std::count_if(request.headers.begin(), request.headers.end(), same));
}

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

Response BadHeader(std::string_view name, std::string_view why) {
  return ErrorResponse(400, "bad_request", fmt::format("header: {}: {}", name, why));
}

// The length of the body must have one meaning for every reader (RFC 9112 section 6.3).
std::optional<Response> CheckFraming(const Request& request, HttpVersion version) {
  const size_t lengths = Count(request, "content-length");
  const size_t encodings = Count(request, "transfer-encoding");
  if (lengths > 1) return BadHeader("content-length", "given more than once");
  if (encodings > 1) return BadHeader("transfer-encoding", "given more than once");
  if (lengths + encodings > 1) return BadHeader("transfer-encoding", "given together with content-length");
  const std::string_view length = request.header("content-length");
  if (!std::all_of(length.begin(), length.end(), IsDigit)) return BadHeader("content-length", "not a number");
  if (encodings == 0) return std::nullopt;
  if (version == HttpVersion::k10) return BadHeader("transfer-encoding", "not defined in HTTP/1.0");
  const std::string_view encoding = request.header("transfer-encoding");
  if (LowerCase(encoding) == "chunked") return std::nullopt;
  return ErrorResponse(501, "not_implemented",
                       fmt::format("header: transfer-encoding: {}: only `chunked` is understood", Printable(encoding)));
}

std::optional<Response> CheckExpect(const Request& request, HttpVersion version) {
  const std::string_view expect = request.header("expect");
  if (expect.empty() || version == HttpVersion::k10 || LowerCase(expect) == "100-continue") return std::nullopt;
  return ErrorResponse(417, "expectation_failed",
                       fmt::format("header: expect: {}: only `100-continue` is understood", Printable(expect)));
}

}  // namespace

std::optional<Response> CheckHeader(const Request& request, HttpVersion version, const Limits& limits) {
  if (request.headers.size() > limits.max_header_count) {
    return ErrorResponse(
        431, "header_too_large",
        fmt::format("header: {} lines: the limit is {}", request.headers.size(), limits.max_header_count));
  }
  const size_t hosts = Count(request, "host");
  if (hosts > 1) return BadHeader("host", "given more than once");
  if (hosts == 0 && version == HttpVersion::k11) return BadHeader("host", "missing");
  if (auto refusal = CheckFraming(request, version)) return refusal;
  return CheckExpect(request, version);
}

Response RefuseRequestLine(std::string_view line, std::string_view why) {
  const size_t at = line.rfind(" HTTP/");
  const std::string_view version = at == std::string_view::npos ? "" : line.substr(at + 6);
  if (version.size() == 3 && IsDigit(version[0]) && version[1] == '.' && IsDigit(version[2])) {
    return ErrorResponse(505, "version_not_supported",
                         fmt::format("HTTP version: {}: only 1.1 and 1.0 are spoken here", version));
  }
  return ErrorResponse(400, "bad_request", fmt::format("request line: {}: {}", Printable(line), why));
}

}  // namespace lotmark::http
