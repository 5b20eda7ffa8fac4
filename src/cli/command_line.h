// `lotmark …`: reads the command line, runs one command, turns its outcome into an exit code.
//
// Exit codes: 0 done, 1 refused or a check failed, 2 wrong usage, 3 the machine failed.
#pragma once

#include "cli/toolbox.h"

namespace lotmark::cli {

int Run(int argc, const char* const* argv, const Toolbox& toolbox);

}  // namespace lotmark::cli
