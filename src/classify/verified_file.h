// Reads a file of a model version once, and proves while reading that its bytes are the manifest's.
//
// Why: what is used later is this buffer, never the file again, so nothing can change between the check and the use.
#pragma once

#include <cstdint>

#include "base/bytes.h"
#include "base/result.h"
#include "fs/fs.h"
#include "manifest/artifact.h"

namespace lotmark::classify {

// kRefused: the manifest states no digest, or size or digest differ (the text names the file, what was expected and
// what was found). kTooLarge: longer than `max_bytes`. Other errors as fs::Dir gives them.
Result<Bytes> ReadVerified(fs::Dir& folder, const manifest::FileRef& file, uint64_t max_bytes);

}  // namespace lotmark::classify
