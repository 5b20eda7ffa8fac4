// Which other files an ONNX model takes its weights from.
//
// Why: ONNX Runtime opens such files by itself, unverified. So we ask first, refuse what the manifest does not list,
// and hand over verified bytes for the rest. The library takes those only for initializers of the main graph; external
// data anywhere else (subgraphs, constants, functions) would be read from the disk, so it is refused here.
#pragma once

#include <set>
#include <string>

#include "base/bytes.h"
#include "base/result.h"

namespace lotmark::runtime_onnx {

// The locations that the model names, as it spells them. kRefused: not an ONNX model, nested deeper than 64 messages,
// or external data in a place where it cannot be verified.
Result<std::set<std::string>> FindExternalData(ByteView model);

}  // namespace lotmark::runtime_onnx
