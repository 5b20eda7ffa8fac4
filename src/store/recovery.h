// Recovery: what a command does about those that died before it (doc/volume.md "Recovery").
//
// An open intent is completed or abandoned by what the disk says, and an event says which. Idempotent: after an OK a
// second recovery changes nothing. It may itself die at any point; the next one starts over.
#pragma once

#include <optional>

#include "base/result.h"
#include "fs/fs.h"
#include "store/event_log.h"

namespace lotmark::store {

// Removes temporary names and dead staging folders, and makes the journal durable.
// REQUIRES: the volume's lock is held.
Status SweepLeftovers(fs::Dir& root, EventLog& log);

// How the open `intent` ended, with the disk brought in line and synced. The caller appends the returned event.
// REQUIRES: the volume's lock is held.
Result<Event> ResolveIntent(fs::Dir& root, const Event& intent);

}  // namespace lotmark::store
