// Making again what a copy or a hand has broken, from what the journal says: the pointer of each model, and the links
// for people, where a copy of what they named lies in their place.
//
// Durability: as a pointer move. What lies in the pointer's place (a folder into which a copy has dereferenced the
// link, a link to another version) is replaced only when the version's own files are as registered.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/ids.h"
#include "base/result.h"
#include "store/locked_volume.h"
#include "store/reader.h"

namespace lotmark::store {

struct Repair {
  ModelName model;
  std::optional<Version> version;  // what the pointer names now
  std::string was;                 // what was found instead, for people
};

// Returns what was repaired; empty when nothing was wrong. kRefused: the version that should be active is
// damaged; a pointer is there and the journal says that nothing is active.
Result<std::vector<Repair>> RepairPointers(const Workplace& place, const Reader& reader, const std::string& reason);

}  // namespace lotmark::store
