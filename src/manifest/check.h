// The rules that several fields of a manifest obey together, and those of paths.
#pragma once

#include <string_view>
#include <vector>

#include "base/result.h"
#include "manifest/manifest.h"

namespace lotmark::manifest {

// A file's path as a manifest may write it: relative, '/' between components, none of them empty, "." or "..", no
// backslash or control character, at most 255 bytes a component and 1,024 in all, not the manifest itself.
Status CheckPath(std::string_view path);

// No path twice, no two that differ only in ASCII case, none that is also the folder of another.
Status CheckPathsDiffer(const std::vector<FileRef>& files);

// Classes, shapes, outputs, embedding, preprocessing and golden probabilities say the same.
Status CheckAgreement(const ManifestFields& fields);

}  // namespace lotmark::manifest
