// One consistent reading of a volume, without its lock: events and pointers that belong together.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/ids.h"
#include "base/result.h"
#include "journal/history.h"
#include "store/reader.h"

namespace lotmark::store {

struct PointerReading {
  std::optional<Version> version;
  std::string problem;  // "" = none; else why the pointer cannot be trusted, for people
};

struct Snapshot {
  std::vector<journal::Event> events;
  journal::VolumeHistory history;
  std::map<ModelName, PointerReading> pointers;  // of the primary model and of every model with a registered version
};

// Reads again when an event was appended meanwhile. kRefused: the log is damaged.
Result<Snapshot> TakeSnapshot(const Reader& reader);

}  // namespace lotmark::store
