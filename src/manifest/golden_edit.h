// Puts a golden test classification into the text of a manifest, for `lotmark golden record`.
//
// Like completing (complete.h) it leaves all other bytes as they are: order of keys, white space, spelling of numbers.
#pragma once

#include <string>
#include <string_view>

#include "manifest/golden.h"

namespace lotmark::manifest {

// `manifest` with `golden` in place of its own, or else after `preprocessing`, or at the end. Images without a digest
// are written without one. REQUIRES: Manifest::Parse accepts `manifest`.
std::string WithGolden(std::string_view manifest, const Golden& golden);

// `manifest` without its golden cases. REQUIRES: Manifest::Parse accepts `manifest`.
std::string WithoutGolden(std::string_view manifest);

}  // namespace lotmark::manifest
