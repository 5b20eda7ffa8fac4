// Quarantine and stop: what takes a version out of use. Neither needs an approval: they only take away.
#pragma once

#include <string>

#include "base/ids.h"
#include "base/result.h"
#include "store/locked_volume.h"

namespace lotmark::store {

// From now on the version may not be active; a fact of one event. The pointer stays: `is_active` tells the caller that
// the version is active now, so that it is to be left by a rollback or a stop.
struct Quarantined {
  bool was_quarantined = false;  // before; nothing was recorded then
  bool is_active = false;
  Digest manifest_sha256;
};
// kNotFound: not registered. kRefused: the version is active and the caller does not say that it leaves it (`leaves`).
Result<Quarantined> Quarantine(const Workplace& place, const ModelName& model, const Version& version,
                               const std::string& reason, bool leaves);

// Removes the pointer, so that nothing is active: intent, unlink, done event. OK also when nothing is active.
// kRefused: another version than `version` is active, or the pointer was moved by hand.
Status StopActive(const Workplace& place, const ModelName& model, const Version& version, const std::string& reason);

}  // namespace lotmark::store
