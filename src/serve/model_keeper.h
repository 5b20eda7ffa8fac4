// Keeps the model that the pointer names loaded, and swaps to another one without a request noticing.
//
// A thread of its own looks at the pointer every second, and at once where the file system tells of a change. When it
// names another version, that version is loaded beside the serving one at low priority (bytes verified, golden run on
// the very session that will serve), then one shared pointer is exchanged. Requests in flight finish on the model they
// began with; when the last of them is done, the keeper's thread frees it. The pointer is followed during a load too.
//
// Keeping the previous model (Options::keep_previous): the model that served before stays loaded, and when the pointer
// goes back to that very version (name, id and manifest digest) the two are exchanged. Nothing is run again then: its
// bytes were verified when they were read and never read since, and its golden test classification passed on this very
// session. It is given up when another version needs its memory.
//
// Withdrawal: a version that was rolled back from, quarantined or stopped must be left. What cannot be left within
// Options::leave_within is not served any more: current() refuses until a permitted version is loaded.
//
// Invariant: a model is loaded from Start on: a version that cannot be loaded never replaces one that serves, losing
// the volume never unloads a verified model, and a version withdrawn while it was loading never serves.
// Thread safety: all public functions may be called from any thread.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "serve/model_source.h"

namespace lotmark::serve {

struct LoadFailure {
  std::optional<VersionIdentity> identity;  // nothing when even the pointer could not be read or is not authorised
  std::string reason;
  UtcTime time;
};

// The loaded version must not serve any more.
struct WithdrawnVersion {
  VersionIdentity identity;
  std::string reason;
  UtcTime time;           // when this replica learnt of it
  bool refusing = false;  // requests are refused; false while there is time to load another version
};

// What /health reports.
struct KeeperState {
  std::optional<VersionIdentity> desired;
  std::optional<VersionIdentity> active;  // loaded; it serves unless it is withdrawn
  std::optional<VersionIdentity> loading;
  std::optional<VersionIdentity> previous_kept;  // loaded as well, for a rollback
  std::optional<WithdrawnVersion> withdrawn;
  std::optional<LoadFailure> last_failure;  // of the pointer or the desired version; gone once that version serves
  uint64_t swaps = 0;
  std::chrono::microseconds last_load{0};  // verify + session + golden
  std::chrono::microseconds last_golden{0};

  bool refusing() const { return withdrawn && withdrawn->refusing; }
};

enum class KeeperEvent {
  kLoaded,
  kSwapped,
  kRefused,
  kWithdrawn,  // from now on requests are refused: the active version must not serve, and no other one is ready
  kPermitted,  // the active version serves again after that
};

class ModelKeeper {
 public:
  struct Options {
    std::chrono::milliseconds poll_interval{1000};
    // A version that failed to load is tried again after this long (its cause may have been passing, such as memory).
    std::chrono::milliseconds retry_interval{30'000};
    // How long a withdrawn version may serve once this replica knows. With the poll interval before it: 5 s.
    std::chrono::milliseconds leave_within{4000};
    bool keep_previous = false;
    std::string watch_folder = {};  // of the pointer, for inotify; "" = poll only
  };
  // Told of each load, swap and withdrawal, and of each failure once however often it is met (no identity: the pointer
  // cannot be read), on the keeper's thread (the first load: on Start's). Must not throw.
  using Listener = std::function<void(KeeperEvent, const std::optional<VersionIdentity>&, const std::string& reason)>;

  // Loads the model that the pointer names now; an error is that load's error, and nothing was started.
  static Result<std::unique_ptr<ModelKeeper>> Start(const Options& options, std::unique_ptr<ModelSource> source,
                                                    Clock& clock, Listener listener);
  virtual ~ModelKeeper() = default;  // stops the thread; a load in progress is waited for

  // The model to classify with, never null. kWithdrawn: there is none that may serve.
  virtual Result<std::shared_ptr<const classify::LoadedModel>> current() const = 0;
  virtual KeeperState state() const = 0;
};

}  // namespace lotmark::serve
