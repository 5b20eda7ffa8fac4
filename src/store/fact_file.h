// Files that state one fact each: a policy, an approval, a result about a version. Named by their digest and never
// replaced; a file does not count until an event names it, so a command that dies between the two leaves nothing.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/digest.h"
#include "base/result.h"
#include "fs/fs.h"
#include "journal/history.h"

namespace lotmark::store {

inline constexpr uint64_t kMaxFactBytes = 1 << 20;

// Writes `<folder>/<digest>.json` and the folders on its way, over what a dead command may have left of it.
// Durability: on OK it survives power loss. kTooLarge: more than kMaxFactBytes.
// REQUIRES: the volume's lock is held, and an event that names the file follows under the same lock.
Result<Digest> WriteFact(fs::Dir& root, const std::string& folder, ByteView bytes);

// kRefused: missing, or its bytes are not those of the digest.
Result<Bytes> ReadFact(fs::Dir& root, const std::string& folder, const Digest& digest);

// Removes the files of facts that no event names. REQUIRES: the volume's lock is held.
Status SweepFacts(fs::Dir& root, const journal::VolumeHistory& history);

// Every file of a fact that an event names is there and has its bytes, nothing else lies beside them, and `policy.json`
// names the policy in force. One line each of what is wrong.
Result<std::vector<std::string>> VerifyFacts(fs::Dir& root, const std::vector<journal::Event>& events,
                                             const journal::VolumeHistory& history);

// Where the file of such an event lies; nothing for events without one.
std::optional<std::string> FactFolderOf(const journal::Event& event);

// Points `policy.json` at the policy in force, durably, where it is missing, names an earlier one, or is a
// copy of that policy.
// kRefused: something else lies there. REQUIRES: the volume's lock is held.
Status EnsurePolicyLink(fs::Dir& root, const journal::VolumeHistory& history);

}  // namespace lotmark::store
