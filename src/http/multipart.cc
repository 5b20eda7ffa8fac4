#include "http/multipart.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/encoding.h"
#include "http/header_value.h"

namespace lotmark::http {
namespace {

constexpr std::string_view kLineEnd = "\r\n";
constexpr size_t kMaxBoundary = 70;  // RFC 2046 section 5.1.1

Error Bad(std::string_view why) { return Refused(fmt::format("multipart body: {}", why)); }
Error TooLarge(std::string text) { return {ErrorCode::kTooLarge, "multipart body: " + std::move(text)}; }

bool IsBoundaryChar(char c) {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
         std::string_view("'()+_,-./:=? ").find(c) != std::string_view::npos;
}

Result<std::string> Boundary(std::string_view content_type) {
  LOTMARK_ASSIGN_OR_RETURN(const HeaderValue type, ParseHeaderValue(content_type));
  if (type.value != "multipart/form-data") return Bad("the content type is not multipart/form-data");
  const auto boundary = type.param("boundary");
  if (!boundary || boundary->empty()) return Bad("the content type names no boundary");
  const bool valid = boundary->size() <= kMaxBoundary && boundary->back() != ' ' &&
                     std::all_of(boundary->begin(), boundary->end(), IsBoundaryChar);
  if (!valid) return Bad(fmt::format("boundary: {}: not 1 to 70 of the allowed characters", Printable(*boundary)));
  return std::string(*boundary);
}

// For `name` and `filename`: text that may be shown, logged and stored.
Status CheckText(std::string_view what, std::string_view text) {
  const bool control = std::any_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte < 0x20 || byte == 0x7f;
  });
  if (control || !IsUtf8(text)) return Bad(fmt::format("{}: {}: not plain text", what, Printable(text)));
  return Ok();
}

Status ReadDisposition(std::string_view text, Part& part) {
  LOTMARK_ASSIGN_OR_RETURN(const HeaderValue disposition, ParseHeaderValue(text));
  if (disposition.value != "form-data") return Bad("a part's content-disposition is not form-data");
  part.name = disposition.param("name").value_or("");
  part.filename = disposition.param("filename").value_or("");
  LOTMARK_RETURN_IF_ERROR(CheckText("name", part.name));
  return CheckText("filename", part.filename);
}

Status CheckEncoding(std::string_view text) {
  const std::string encoding = LowerCase(text);
  if (encoding == "binary" || encoding == "8bit" || encoding == "7bit") return Ok();
  return Bad(fmt::format("content-transfer-encoding: {}: send the bytes as they are", Printable(text)));
}

class Reader {
 public:
  Reader(std::string_view boundary, std::string_view body, const MultipartLimits& limits)
      : delimiter_(fmt::format("\r\n--{}", boundary)), rest_(body), limits_(limits) {}

  Result<std::vector<Part>> Read() {
    const std::string_view first = std::string_view(delimiter_).substr(kLineEnd.size());
    if (!rest_.starts_with(first)) return Bad("it does not begin with the boundary");
    rest_.remove_prefix(first.size());
    std::vector<Part> parts;
    while (!rest_.starts_with("--")) {
      if (!TakeLineEnd()) return Bad("bytes after a boundary");
      if (parts.size() == limits_.max_parts) return TooLarge(fmt::format("more than {} parts", limits_.max_parts));
      LOTMARK_ASSIGN_OR_RETURN(Part part, TakePart());
      const auto same = [&part](const Part& other) { return other.name == part.name; };
      if (std::any_of(parts.begin(), parts.end(), same)) {
        return Bad(fmt::format("field: {}: given twice", Printable(part.name)));
      }
      parts.push_back(std::move(part));
    }
    rest_.remove_prefix(2);
    if (!rest_.empty() && rest_ != kLineEnd) return Bad("bytes after the closing boundary");
    return parts;
  }

 private:
  bool TakeLineEnd() {
    if (!rest_.starts_with(kLineEnd)) return false;
    rest_.remove_prefix(kLineEnd.size());
    return true;
  }

  // The header lines, the body, and the boundary behind it.
  Result<Part> TakePart() {
    Part part;
    LOTMARK_RETURN_IF_ERROR(TakeHeader(part));
    if (part.name.empty()) return Bad("a part without a name");
    const size_t end = rest_.find(delimiter_);
    if (end == std::string_view::npos) return Bad("it ends without the closing boundary");
    part.body = rest_.substr(0, end);
    rest_.remove_prefix(end + delimiter_.size());
    return part;
  }

  Status TakeHeader(Part& part) {
    const size_t before = rest_.size();
    bool disposed = false;
    bool typed = false;
    while (!TakeLineEnd()) {
      const std::string_view window = rest_.substr(0, limits_.max_part_header_bytes);
      const size_t end = window.find(kLineEnd);
      if (end == std::string_view::npos || before - rest_.size() + end > limits_.max_part_header_bytes) {
        return end == std::string_view::npos && window.size() == rest_.size() ? Bad("it ends inside a part's header")
                                                                              : HeaderTooLarge();
      }
      const std::string_view line = rest_.substr(0, end);
      rest_.remove_prefix(end + kLineEnd.size());
      LOTMARK_RETURN_IF_ERROR(ReadLine(line, part, disposed, typed));
    }
    return Ok();
  }

  Error HeaderTooLarge() const {
    return TooLarge(fmt::format("a part's header has more than {} bytes", limits_.max_part_header_bytes));
  }

  static Status ReadLine(std::string_view line, Part& part, bool& disposed, bool& typed) {
    const size_t colon = line.find(':');
    if (colon == std::string_view::npos || colon == 0) return Bad("a malformed header line in a part");
    const std::string name = LowerCase(line.substr(0, colon));
    const std::string_view value = Trimmed(line.substr(colon + 1));
    if (name == "content-disposition") {
      if (std::exchange(disposed, true)) return Bad("content-disposition twice in a part");
      return ReadDisposition(value, part);
    }
    if (name == "content-type") {
      if (std::exchange(typed, true)) return Bad("content-type twice in a part");
      part.content_type = std::string(value);
      return CheckText("content-type", value);
    }
    return name == "content-transfer-encoding" ? CheckEncoding(value) : Ok();
  }

  const std::string delimiter_;
  std::string_view rest_;
  const MultipartLimits& limits_;
};

}  // namespace

Result<std::vector<Part>> ParseMultipart(std::string_view content_type, std::string_view body,
                                         const MultipartLimits& limits) {
  LOTMARK_ASSIGN_OR_RETURN(const std::string boundary, Boundary(content_type));
  return Reader(boundary, body, limits).Read();
}

}  // namespace lotmark::http
