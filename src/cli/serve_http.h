// From the settings of a service to the options of its HTTP server.
#pragma once

#include "cli/serve_settings.h"
#include "http/server.h"

namespace lotmark::cli {

// Reads the certificate and its key now, where the settings name them. kRefused and the like: a file is not usable; the
// text says which and why. kUsage: the address is none.
Result<http::Options> HttpOptionsOf(const ServeSettings& settings);

// As many open files as the system lets this process have: each connection takes one.
void RaiseFileLimit();

}  // namespace lotmark::cli
