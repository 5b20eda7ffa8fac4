#include "http/header_value.h"

#include <fmt/format.h>

#include "base/encoding.h"

namespace lotmark::http {
namespace {

constexpr std::string_view kBlank = " \t";
constexpr std::string_view kNotToken = " \t;=\"(),/:<>?@[\\]{}";

Error Bad(std::string_view text, std::string_view why) {
  return Refused(fmt::format("header value: {}: {}", Printable(text), why));
}

void SkipBlank(std::string_view& rest) { rest.remove_prefix(std::min(rest.find_first_not_of(kBlank), rest.size())); }

std::string_view TakeToken(std::string_view& rest) {
  const std::string_view token = rest.substr(0, rest.find_first_of(kNotToken));
  rest.remove_prefix(token.size());
  return token;
}

// REQUIRES: `rest` begins with the opening quote. Nothing when it is never closed.
std::optional<std::string> TakeQuoted(std::string_view& rest) {
  std::string value;
  for (size_t i = 1; i < rest.size(); ++i) {
    if (rest[i] == '"') {
      rest.remove_prefix(i + 1);
      return value;
    }
    const bool escape = rest[i] == '\\' && i + 1 < rest.size() && (rest[i + 1] == '"' || rest[i + 1] == '\\');
    if (escape) ++i;
    value.push_back(rest[i]);
  }
  return std::nullopt;
}

}  // namespace

std::string LowerCase(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

std::string_view Trimmed(std::string_view text) {
  SkipBlank(text);
  return text.substr(0, text.find_last_not_of(kBlank) + 1);
}

std::optional<std::string_view> HeaderValue::param(std::string_view name) const {
  for (const auto& entry : params) {
    if (entry.first == name) return entry.second;
  }
  return std::nullopt;
}

Result<HeaderValue> ParseHeaderValue(std::string_view text) {
  HeaderValue parsed;
  std::string_view rest = Trimmed(text);
  parsed.value = LowerCase(Trimmed(rest.substr(0, rest.find(';'))));
  rest.remove_prefix(std::min(rest.find(';'), rest.size()));
  while (!rest.empty()) {
    if (rest.front() != ';') return Bad(text, "bytes after a parameter");
    rest.remove_prefix(1);
    SkipBlank(rest);
    const std::string name = LowerCase(TakeToken(rest));
    if (name.empty() || !rest.starts_with('=')) return Bad(text, "a parameter without name or value");
    rest.remove_prefix(1);
    if (parsed.param(name)) return Bad(text, "a parameter twice");
    if (rest.starts_with('"')) {
      auto value = TakeQuoted(rest);
      if (!value) return Bad(text, "a quote that is never closed");
      parsed.params.emplace_back(name, std::move(*value));
    } else {
      const std::string_view value = TakeToken(rest);
      if (value.empty()) return Bad(text, "a parameter without value");
      parsed.params.emplace_back(name, std::string(value));
    }
    SkipBlank(rest);
  }
  return parsed;
}

}  // namespace lotmark::http
