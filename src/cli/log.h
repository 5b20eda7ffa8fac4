// The service's log: one line an event, on standard error, where systemd and container runtimes collect it.
//
// Never an image, a reference or a token. Thread safety: may be called from any thread.
#pragma once

#include <string>

namespace lotmark::cli {

void LogInfo(const std::string& text);
void LogWarning(const std::string& text);
void LogError(const std::string& text);

}  // namespace lotmark::cli
