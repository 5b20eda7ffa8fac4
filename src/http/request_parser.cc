#include "http/request_parser.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <optional>

#include "base/encoding.h"
#include "http/header_rules.h"
#include "http/header_value.h"
#include "http/target.h"

namespace lotmark::http {
namespace {

namespace beast = boost::beast::http;
using boost::system::error_code;

constexpr std::string_view kLineEnd = "\r\n";
constexpr std::string_view kHeaderEnd = "\r\n\r\n";

Response BodyTooLarge(const Limits& limits) {
  return ErrorResponse(413, "body_too_large",
                       fmt::format("request body: too large: the limit is {} bytes", limits.max_body_bytes));
}

// A method begins with a letter; TLS and other protocols are recognised by their first byte, before any timeout.
bool CanBeginRequest(char c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'); }

bool HasFoldedLine(std::string_view header) {
  return header.find("\r\n ") != std::string_view::npos || header.find("\r\n\t") != std::string_view::npos;
}

}  // namespace

struct RequestParser::Beast {
  beast::request_parser<beast::string_body> parser;
};

RequestParser::RequestParser(const Limits& limits) : limits_(limits) {}
RequestParser::~RequestParser() = default;

size_t RequestParser::Feed(std::string_view input) {
  if (final() || input.empty()) return 0;
  size_t taken = 0;
  if (progress_ == Progress::kNothing) {
    // RFC 9112 section 2.2: empty lines before the request line are skipped.
    while (input.substr(taken).starts_with(kLineEnd)) taken += kLineEnd.size();
    input.remove_prefix(taken);
    if (input.empty() || input == "\r") return taken;
    progress_ = Progress::kHeader;
  }
  if (progress_ == Progress::kHeader) {
    const size_t header = FeedHeader(input);
    input.remove_prefix(header);
    taken += header;
  }
  if (progress_ == Progress::kBody && !input.empty()) taken += FeedBody(input);
  return taken;
}

size_t RequestParser::FeedHeader(std::string_view input) {
  if (!CanBeginRequest(input.front())) {
    Refuse(ErrorResponse(400, "bad_request", "request: it does not begin with a method: not HTTP"));
    return 0;
  }
  const size_t end = input.find(kHeaderEnd, searched_);
  const size_t size = end == std::string_view::npos ? input.size() : end + kHeaderEnd.size();
  if (size > limits_.max_header_bytes) {
    RefuseLongHeader(input);
    return 0;
  }
  if (end == std::string_view::npos) {
    searched_ = input.size() - std::min(input.size(), kHeaderEnd.size() - 1);
    return 0;
  }
  ParseHeader(input.substr(0, size));
  return size;
}

void RequestParser::RefuseLongHeader(std::string_view header) {
  if (header.substr(0, limits_.max_header_bytes).find(kLineEnd) == std::string_view::npos) {
    Refuse(ErrorResponse(414, "target_too_long", "request line: too long"));
  } else {
    Refuse(ErrorResponse(431, "header_too_large",
                         fmt::format("header: too large: the limit is {} bytes", limits_.max_header_bytes)));
  }
}

void RequestParser::ParseHeader(std::string_view header) {
  beast_ = std::make_unique<Beast>();
  auto& parser = beast_->parser;
  parser.header_limit(static_cast<uint32_t>(limits_.max_header_bytes));
  parser.body_limit(limits_.max_body_bytes);
  parser.eager(false);

  error_code error;
  parser.put(boost::asio::const_buffer(header.data(), header.size()), error);
  if (error == beast::error::body_limit) return Refuse(BodyTooLarge(limits_));
  if (parser.get().target().empty()) {
    return Refuse(RefuseRequestLine(header.substr(0, header.find(kLineEnd)), error.message()));
  }
  if (error || !parser.is_header_done()) {
    return Refuse(ErrorResponse(400, "bad_request", fmt::format("header: malformed: {}", error.message())));
  }
  if (HasFoldedLine(header)) return Refuse(ErrorResponse(400, "bad_request", "header: a folded line"));
  AdoptHeader();
}

// Beast has read the header: what it says, in our types, if the rules allow it.
void RequestParser::AdoptHeader() {
  auto& parser = beast_->parser;
  const auto& message = parser.get();
  request_.method = std::string(message.method_string());
  request_.target = std::string(message.target());
  for (const auto& field : message) {
    request_.headers.emplace_back(LowerCase(field.name_string()), std::string(field.value()));
  }
  const auto version = message.version() == 11 ? HttpVersion::k11 : HttpVersion::k10;
  if (auto refusal = CheckHeader(request_, version, limits_)) return Refuse(std::move(*refusal));
  if (request_.target.size() > limits_.max_target_bytes) {
    return Refuse(
        ErrorResponse(414, "target_too_long",
                      fmt::format("request target: too long: the limit is {} bytes", limits_.max_target_bytes)));
  }
  auto target = ParseTarget(request_.target);
  if (!target) return Refuse(ErrorResponse(400, "bad_request", target.error().text));
  request_.path = std::move(target->path);
  request_.query = std::move(target->query);

  keep_alive_ = parser.keep_alive();
  head_only_ = request_.method == "HEAD";
  wants_continue_ = version == HttpVersion::k11 && !request_.header("expect").empty();
  progress_ = parser.is_done() ? Progress::kDone : Progress::kBody;
  parser.eager(true);
}

size_t RequestParser::FeedBody(std::string_view input) {
  auto& parser = beast_->parser;
  error_code error;
  const size_t taken = parser.put(boost::asio::const_buffer(input.data(), input.size()), error);
  if (parser.is_done()) {
    progress_ = Progress::kDone;
  } else if (error == beast::error::body_limit) {
    Refuse(BodyTooLarge(limits_));
  } else if (error && error != beast::error::need_more) {
    Refuse(ErrorResponse(400, "bad_request", fmt::format("request body: malformed: {}", error.message())));
  } else if (input.size() - taken > limits_.max_header_bytes) {
    // Only a chunk's extensions or the trailer can make the parser wait for so much.
    Refuse(ErrorResponse(400, "bad_request", "request body: malformed: a chunk header or trailer is too long"));
  }
  return taken;
}

size_t RequestParser::body_bytes() const { return beast_ ? beast_->parser.get().body().size() : 0; }

Request RequestParser::TakeRequest() {
  request_.body = std::move(beast_->parser.get().body());
  beast_.reset();
  return std::move(request_);
}

void RequestParser::Refuse(Response refusal) {
  refusal_ = std::move(refusal);
  progress_ = Progress::kRefused;
  beast_.reset();
}

Response RequestParser::TakeRefusal() { return std::move(refusal_); }

}  // namespace lotmark::http
