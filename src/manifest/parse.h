// From JSON to typed fields, one function per part of the manifest. Each checks what one field alone can break; what
// several fields must agree on is check.h's. Errors begin with the field's path.
//
// Include this in .cc files only (base/json.h is heavy).
#pragma once

#include "base/json.h"
#include "manifest/manifest.h"

namespace lotmark::manifest {

Result<ManifestFields> ParseFields(const JsonObject& root);

// Keyed by format; values that stand at the top of the manifest are already filled in where a format has none.
Result<std::map<Format, Artifact>> ParseFormats(const JsonObject& root);

// `path_key` is the member that holds the path: "path", or "image" in a golden case.
Result<FileRef> ParseFileRef(const JsonObject& object, std::string_view path_key);

// A member that `preprocessing` does not define is refused: an option that Lotmark does not carry out would change the
// pixels silently.
Result<Preprocessing> ParsePreprocessing(const JsonObject& object);

Result<Golden> ParseGolden(const JsonObject& object);

}  // namespace lotmark::manifest
