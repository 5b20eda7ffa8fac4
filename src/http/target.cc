#include "http/target.h"

#include <optional>

#include "base/encoding.h"

namespace lotmark::http {
namespace {

Error BadTarget(std::string_view text, std::string_view why) {
  return Refused("request target: " + Printable(text) + ": " + std::string(why));
}

std::optional<unsigned> HexValue(char digit) {
  if (digit >= '0' && digit <= '9') return static_cast<unsigned>(digit - '0');
  if (digit >= 'a' && digit <= 'f') return static_cast<unsigned>(digit - 'a') + 10;
  if (digit >= 'A' && digit <= 'F') return static_cast<unsigned>(digit - 'A') + 10;
  return std::nullopt;
}

// The byte that the escape at `text[at]` ('%') stands for, or nothing when it is malformed.
std::optional<char> Unescape(std::string_view text, size_t at) {
  if (at + 2 >= text.size()) return std::nullopt;
  const auto high = HexValue(text[at + 1]);
  const auto low = HexValue(text[at + 2]);
  if (!high || !low) return std::nullopt;
  return static_cast<char>(*high << 4 | *low);
}

Result<std::string> DecodePath(std::string_view text) {
  std::string path;
  path.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      path.push_back(text[i]);
      continue;
    }
    const auto byte = Unescape(text, i);
    if (!byte) return BadTarget(text, "a bad percent escape");
    if (*byte == '/') return BadTarget(text, "an escaped '/'");
    path.push_back(*byte);
    i += 2;
  }
  return path;
}

bool IsControl(char byte) { return static_cast<unsigned char>(byte) < 0x20 || byte == 0x7f; }

bool HasDotSegment(std::string_view path) {
  while (!path.empty()) {
    path.remove_prefix(1);
    const std::string_view segment = path.substr(0, path.find('/'));
    if (segment == "." || segment == "..") return true;
    path.remove_prefix(segment.size());
  }
  return false;
}

Status CheckPath(std::string_view text, std::string_view path) {
  for (const char byte : path) {
    if (IsControl(byte)) return BadTarget(text, "a control character");
    if (byte == '\\') return BadTarget(text, "a backslash");
  }
  if (!IsUtf8(path)) return BadTarget(text, "not UTF-8");
  if (HasDotSegment(path)) return BadTarget(text, "a dot segment");
  return Ok();
}

// `text` without "http://host", which clients send to proxies and which every server must understand.
std::string_view WithoutOrigin(std::string_view text) {
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (!text.starts_with(scheme)) continue;
    const size_t end = text.find_first_of("/?", scheme.size());
    return end == std::string_view::npos ? std::string_view("/") : text.substr(end);
  }
  return text;
}

}  // namespace

Result<Target> ParseTarget(std::string_view text) {
  if (text == "*") return Target{.path = "*", .query = ""};
  if (text.find('#') != std::string_view::npos) return BadTarget(text, "a fragment");
  const std::string_view local = WithoutOrigin(text);
  if (!local.starts_with('/')) return BadTarget(text, "it must begin with '/'");

  const size_t mark = local.find('?');
  Target target;
  LOTMARK_ASSIGN_OR_RETURN(target.path, DecodePath(local.substr(0, mark)));
  LOTMARK_RETURN_IF_ERROR(CheckPath(local, target.path));
  if (mark != std::string_view::npos) target.query = local.substr(mark + 1);
  return target;
}

}  // namespace lotmark::http
