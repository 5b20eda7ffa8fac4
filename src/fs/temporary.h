// What an interrupted atomic write leaves behind, and how it is swept.
#pragma once

#include <string_view>

#include "base/result.h"
#include "fs/fs.h"

namespace lotmark::fs {

// The names that file_ops.h gives to files and links that it has not yet renamed into place.
bool IsTemporary(std::string_view name);

// Removes them from `folder`. REQUIRES: the volume's lock is held, so no write is under way.
Status SweepTemporaries(Dir& folder);

}  // namespace lotmark::fs
