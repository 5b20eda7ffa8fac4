// `history --at`: which version was desired at a moment in the past, and what replicas were really serving then.
#pragma once

#include <string>

#include "cli/context.h"

namespace lotmark::cli {

// kCheckFailed when the recorded times leave more than one answer: all are printed.
Result<Outcome> HistoryAt(const Context& context, const std::string& at_text, bool with_records);

}  // namespace lotmark::cli
