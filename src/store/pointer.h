// The pointer: the link `models/<model>/active`, whose text names the active version.
//
// Invariant: its text is exactly `versions/<version>`, and it is replaced only by renaming a fresh link over it, so a
// reader sees the old version or the new one and never anything in between.
#pragma once

#include <optional>

#include "base/ids.h"
#include "base/result.h"
#include "fs/fs.h"

namespace lotmark::store {

// Nothing when there is no pointer. kRefused: it is not a link, or its text is of another form.
Result<std::optional<Version>> ReadPointer(fs::Dir& root, const ModelName& model);

// Durability: on OK the pointer names `version` after power loss too; on any error but kUnconfirmed it is unchanged.
Status MovePointer(fs::Dir& root, const ModelName& model, const Version& version);

// Removes the pointer, so that nothing is active. Same durability.
Status RemovePointer(fs::Dir& root, const ModelName& model);

// Makes the volume's top-level `model-manifest.json` link where it is absent, durably.
// kRefused: something else lies there.
Status EnsureTopLink(fs::Dir& root, const ModelName& primary_model);

}  // namespace lotmark::store
