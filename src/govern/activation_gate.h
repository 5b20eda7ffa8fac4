// Whether the policy in force lets a version become active: gathers the facts for the pure decision of room policy.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "base/result.h"
#include "journal/history.h"
#include "policy/decision.h"
#include "store/change.h"
#include "store/reader.h"

namespace lotmark::govern {

// Bytes of memory that this machine has for a load; nothing when it does not say.
using AvailableMemory = std::function<std::optional<uint64_t>()>;

// Every condition that the version of `manifest` does not meet, registered or not. kRefused: the policy or an approval
// is missing or changed.
Result<std::vector<policy::Unmet>> UnmetFor(const store::Reader& reader, const journal::VolumeHistory& history,
                                            const manifest::Manifest& manifest, const AvailableMemory& memory);

// As what store::Volume::Activate asks before it moves the pointer. `reader` must outlive it.
store::ActivationPermit PolicyPermit(const store::Reader& reader, AvailableMemory memory);

}  // namespace lotmark::govern
