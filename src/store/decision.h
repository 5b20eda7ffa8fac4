// What may be done: pure functions from what the volume says to one decision. Carrying it out is others' work
// (registration.h, activation.h).
#pragma once

#include <optional>

#include "base/digest.h"
#include "base/ids.h"
#include "base/result.h"
#include "journal/event.h"
#include "journal/history.h"
#include "store/change.h"

namespace lotmark::store {

// kRegistered: go ahead. kAlreadyRegistered: the same bytes are registered under this id.
// kRefused: the id, or one that differs only in case, stands for other bytes; or the model's name does.
Result<RegisterOutcome> DecideRegistration(const journal::VolumeHistory& history, const ModelName& primary_model,
                                           const ModelName& model, const Version& version, const Digest& digest);

// A pointer move that may go ahead once the version is proven.
struct MoveDecision {
  MoveOutcome outcome = MoveOutcome::kMoved;
  Version target;
  Digest manifest_sha256;           // as registered
  std::optional<Version> previous;  // what the pointer names now
  journal::EventKind intent = journal::EventKind::kActivating;
  journal::EventKind done = journal::EventKind::kActivated;
};

// kNotFound: not registered. A pointer that was moved by hand to `version` is not "already active": no event says so.
Result<MoveDecision> DecideActivation(const journal::VolumeHistory& history, const std::optional<Version>& pointer,
                                      const ModelName& model, const Version& version);

// kRefused: nothing to go back to; `to` is not one that a rollback can reach; the pointer was moved by hand.
Result<MoveDecision> DecideRollback(const journal::VolumeHistory& history, const std::optional<Version>& pointer,
                                    const ModelName& model, const std::optional<Version>& to);

}  // namespace lotmark::store
