// Activation and rollback: moving the pointer, once the version that it goes to is proven.
//
// Durability: on OK the pointer and its events survive power loss. On an error but kUnconfirmed the pointer is where it
// was.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "base/ids.h"
#include "base/result.h"
#include "store/change.h"
#include "store/decision.h"
#include "store/locked_volume.h"
#include "store/progress.h"
#include "store/reader.h"

namespace lotmark::store {

// Chooses where the pointer goes: DecideActivation or DecideRollback with the caller's arguments. Called twice: before
// the version is proven, and under the lock afterwards, when the volume may have changed.
using MoveChoice =
    std::function<Result<MoveDecision>(const journal::VolumeHistory&, const std::optional<Version>& pointer)>;

struct MoveRequest {
  ModelName model;
  std::string reason;
  MoveChoice choose;
  const ActivationCheck& check;
  ActivationPermit permit;
  const ProgressFn& progress;
};

// kBusy: the choice became another one while the version was being proven.
Result<PointerMove> MoveActive(const Workplace& place, const Reader& reader, const MoveRequest& request);

}  // namespace lotmark::store
