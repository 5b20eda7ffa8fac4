// Completing a manifest while the person sees how far the hashing is.
#pragma once

#include <string_view>

#include "base/result.h"
#include "fs/fs.h"
#include "manifest/complete.h"

namespace lotmark::cli {

// Errors as manifest::CompleteManifest.
Result<manifest::Completed> CompleteShowingProgress(std::string_view bytes, fs::Dir& folder);

}  // namespace lotmark::cli
