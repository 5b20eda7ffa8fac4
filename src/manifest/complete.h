// `lotmark manifest complete`: fills in the digests and sizes that a manifest lacks, from the files beside it, *before*
// anyone signs it.
//
// Text is only inserted: order of keys, white space and the spelling of numbers stay byte for byte, so that what the
// author wrote can be compared with what people sign.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "fs/fs.h"

namespace lotmark::manifest {

struct Completed {
  std::string bytes;
  std::vector<std::string> filled_in;  // "formats.onnx.sha256", …; empty when `bytes` are those given
};

// Told after each piece: the path of the file in hand, and the bytes read and to be read over all files. Return false
// to interrupt: the completion then ends with kRefused "interrupted".
using CompletionProgress = std::function<bool(std::string_view file, uint64_t bytes_done, uint64_t bytes_total)>;

// Reads every file that the manifest names in `folder`. On OK, Manifest::Parse(bytes) succeeds and lacks nothing for
// `add`; completing once more changes nothing. What is there already is compared with the file.
// kRefused: not a valid manifest; a digest or size that differs from the file; a file that is empty, a link or no file.
// kNotFound: a file is not there.
Result<Completed> CompleteManifest(std::string_view bytes, fs::Dir& folder, const CompletionProgress& progress = {});

}  // namespace lotmark::manifest
