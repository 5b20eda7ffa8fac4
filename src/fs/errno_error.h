// errno as an Error: one table for the real disk and for the one in memory, so that both tell the same story.
#pragma once

#include <cerrno>
#include <string_view>

#include "base/result.h"

namespace lotmark::fs {

// "cannot open: /volume/x: Permission denied", with the code that fs.h promises for this errno.
Error ErrnoError(std::string_view what, std::string_view which, int error_number);

// "not a regular file: /volume/x: it is a folder" (kRefused): the entry is not of the kind that was asked for.
Error WrongKind(std::string_view wanted, std::string_view which, std::string_view found);

}  // namespace lotmark::fs
