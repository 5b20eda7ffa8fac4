// Registration: a folder of files with a manifest becomes a version of the volume.
//
// Durability: on OK the version and its events survive power loss. On an error but kUnconfirmed the volume has no such
// version; what was copied is removed, or is swept by the next command.
#pragma once

#include <string>

#include "base/result.h"
#include "fs/fs.h"
#include "manifest/manifest.h"
#include "store/change.h"
#include "store/locked_volume.h"
#include "store/progress.h"

namespace lotmark::store {

// As Volume::Register, for a manifest that is parsed already.
Result<Registration> RegisterVersion(const Workplace& place, fs::Dir& source, const manifest::Manifest& manifest,
                                     const ProgressFn& progress);

// Copies the manifest's files and the manifest itself into the empty `folder`, hashing while writing; synced on OK.
// kRefused names the file and what was expected and found.
Status CopyVersion(fs::Dir& source, const manifest::Manifest& manifest, fs::Dir& folder, const ProgressFn& progress);

}  // namespace lotmark::store
