// Header values of the form `value; name=token; name="quoted"` (RFC 9110 section 5.6), read strictly.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace lotmark::http {

struct HeaderValue {
  std::string value;                                        // before the first ';', in lower case
  std::vector<std::pair<std::string, std::string>> params;  // names in lower case, values unquoted

  // Nothing when absent.
  std::optional<std::string_view> param(std::string_view name) const;
};

// kRefused: a parameter without value, an open quote, a parameter twice, bytes between parameters.
// In quoted text only \" and \\ are escapes: browsers of old send Windows paths with lone backslashes.
Result<HeaderValue> ParseHeaderValue(std::string_view text);

// ASCII only.
std::string LowerCase(std::string_view text);
// Without spaces and tabs at both ends.
std::string_view Trimmed(std::string_view text);

}  // namespace lotmark::http
