// What commands require of a version before the pointer moves to it.
#pragma once

#include "cli/context.h"
#include "store/change.h"

namespace lotmark::cli {

// The test classification: loads the version as a service would, golden cases included, and prints how it went.
// `context` must outlive it.
store::ActivationCheck GoldenCheck(const Context& context);

// The same without a word.
store::ActivationCheck QuietGoldenCheck(const Context& context);

// The kind of evidence that a golden run is.
inline constexpr std::string_view kGoldenEvidence = "golden_result";

// Bytes of memory that are free for loading a model; nothing when the machine does not say.
std::optional<uint64_t> AvailableMemory();

}  // namespace lotmark::cli
