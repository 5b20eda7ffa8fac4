// A Response -> the status line and header lines of HTTP/1.1.
#pragma once

#include <cstdint>
#include <ctime>
#include <string>

#include "http/response.h"

namespace lotmark::http {

enum class AfterResponse { kKeepOpen, kClose };

// False for 1xx, 204 and 304, which never have a body.
bool MayHaveBody(int status);

// False when a header of the response could not be sent as one line (a line break in it, a name that is not a token):
// a mistake of the handler's that would let outside text forge headers.
bool IsSendable(const Response& response);

// REQUIRES: IsSendable(response). Headers that are the server's own (response.h) are left out where the response has
// them.
std::string FormatHead(const Response& response, uint64_t body_size, AfterResponse after, std::time_t now);

}  // namespace lotmark::http
