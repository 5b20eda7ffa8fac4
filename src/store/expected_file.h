// A file as the manifest names it beside the file as it is: the words for how they differ.
#pragma once

#include <string>

#include "fs/file_ops.h"
#include "manifest/manifest.h"

namespace lotmark::store {

// "formats.onnx: model.onnx"
std::string NameOf(const manifest::FileRef& ref);

// "" when nothing differs.
std::string SizeDifference(const manifest::FileRef& ref, uint64_t size);
std::string DigestDifference(const Digest& expected, const Digest& found);
std::string Difference(const manifest::FileRef& ref, const fs::HashedFile& found);

}  // namespace lotmark::store
