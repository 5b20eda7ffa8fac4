// A version's folder on its way to its name, and what it then holds.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "base/ids.h"
#include "base/result.h"
#include "fs/fs.h"

namespace lotmark::store {

// Syncs `folder` and every folder in it. The files were synced when they were written.
Status SyncTree(fs::Dir& folder);

// Everything beneath `folder` that is not in `expected` nor a folder on the way to one of them; sorted, each the
// topmost of its kind: of an unexpected folder only the folder itself.
Result<std::vector<std::string>> ListUnexpected(fs::Dir& folder, const std::set<std::string>& expected);

// After the rename of a version's folder into place: makes the rename survive power loss, then makes files and folders
// read-only. Idempotent.
Status SettleVersion(fs::Dir& root, const ModelName& model, const Version& version);

}  // namespace lotmark::store
