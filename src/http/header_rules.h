// What a request's header must satisfy beyond its syntax before its body is read.
#pragma once

#include <optional>
#include <string_view>

#include "http/limits.h"
#include "http/response.h"

namespace lotmark::http {

enum class HttpVersion { k10, k11 };

// The refusal of a request whose header is ambiguous or asks for what we do not do; nothing when it may go on.
std::optional<Response> CheckHeader(const Request& request, HttpVersion version, const Limits& limits);

// The refusal of a request line that Beast could not read: 505 for a well-formed other version, else 400.
Response RefuseRequestLine(std::string_view line, std::string_view why);

}  // namespace lotmark::http
