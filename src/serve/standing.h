// What the journal lets a service serve: pure functions from what the events say to the verdicts that the keeper acts
// on. The one file of this room that knows kinds of events.
//
// The pointer alone decides nothing: it is followed where the events make that very version (with that digest of its
// manifest) the active one, so a link made by hand is not obeyed. An open intent at the end of the log counts as done
// exactly where the pointer shows it, since the rename is the commit point.
//
// Thread safety: values.
#pragma once

#include <optional>
#include <vector>

#include "base/digest.h"
#include "base/ids.h"
#include "base/result.h"
#include "journal/history.h"
#include "serve/model_source.h"
#include "store/snapshot.h"

namespace lotmark::serve {

// Of one model, by its events.
struct Standing {
  std::optional<VersionIdentity> active = {};  // what is to serve; nothing: never activated, or stopped
  bool stopped = false;                        // the last move took the pointer away: nothing may serve
  std::vector<Digest> rolled_back_from = {};   // manifests of versions left by a rollback and not activated since
  std::vector<Digest> quarantined = {};        // manifests of versions in quarantine
};

// Where `pointer` has a problem, an open intent does not count.
Standing StandingOf(const journal::VolumeHistory& history, const ModelName& model,
                    const store::PointerReading& pointer);

// Whether the pointer may be followed to `named`. kRefused: "pointer not authorised: …".
Status Authorise(const Standing& standing, const VersionIdentity& named);

// Why `serving` must be left; nothing when it may go on, also when a newer version is the active one.
std::optional<Withdrawal> WithdrawalOf(const Standing& standing, const VersionIdentity& serving);

}  // namespace lotmark::serve
