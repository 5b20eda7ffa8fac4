// The line of the log that a classification, or a request that failed, gets.
#pragma once

#include "api/exchange.h"
#include "cli/log.h"

namespace lotmark::cli {

// Milliseconds; stages that the request never reached are left out. A failure of this side is an error, all else info:
// what callers do wrong is not the operator's business.
LogEvent RequestEvent(const api::RequestLine& line);
void LogRequest(const api::RequestLine& line);

}  // namespace lotmark::cli
