// What a change to a volume answers, and what it asks of its caller.
#pragma once

#include <functional>
#include <optional>

#include "base/digest.h"
#include "base/ids.h"
#include "base/result.h"
#include "journal/history.h"
#include "store/reader.h"

namespace lotmark::store {

enum class InitOutcome { kCreated, kAlreadyVolume };

enum class RegisterOutcome { kRegistered, kAlreadyRegistered };
struct Registration {
  RegisterOutcome outcome = RegisterOutcome::kRegistered;
  ModelName model;
  Version version;
  Digest manifest_sha256;
};

enum class MoveOutcome { kMoved, kAlreadyActive };
struct PointerMove {
  MoveOutcome outcome = MoveOutcome::kMoved;
  ModelName model;
  Version active;
  Digest manifest_sha256;
  std::optional<Version> previous;  // what was active before, when moved
};

// What the caller requires of a version before the pointer moves to it: the golden test classification. It runs after
// the files were verified; its error refuses the move. The store knows no runtimes.
using ActivationCheck = std::function<Status(const OpenedVersion&)>;

// What the policy in force requires, by what the events say under the lock: its error refuses the move. Empty: nothing
// is required, as of a rollback. This room knows no policies.
using ActivationPermit = std::function<Status(const OpenedVersion&, const journal::VolumeHistory&)>;

}  // namespace lotmark::store
