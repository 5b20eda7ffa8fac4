// Recovery: what a command does about those that died before it (doc/volume.md "Recovery").
//
// An open intent is completed or abandoned by what the disk says, and an event says which. Idempotent: after an OK a
// second recovery changes nothing. It may itself die at any point; the next one starts over.
#pragma once

#include <optional>

#include "base/result.h"
#include "fs/fs.h"
#include "journal/history.h"
#include "journal/journal.h"

namespace lotmark::store {

// Removes temporary names, files of facts that no event states and dead staging folders, makes the journal durable, and
// points `policy.json` at the policy in force. kRefused: `policy.json` is not the link that lotmark made.
// REQUIRES: the volume's lock is held.
Status SweepLeftovers(fs::Dir& root, journal::Journal& journal, const journal::VolumeHistory& history);

// How the open `intent` ended, with the disk brought in line and synced. The caller appends the returned event.
// REQUIRES: the volume's lock is held.
Result<journal::Event> ResolveIntent(fs::Dir& root, const journal::Event& intent);

}  // namespace lotmark::store
