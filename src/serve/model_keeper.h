// Keeps the model that the pointer names loaded, and swaps to another one without a request noticing.
//
// A thread of its own looks at the pointer every second. When it names another version, that version is loaded beside
// the serving one at low priority (bytes verified, golden run on the very session that will serve), then one shared
// pointer is exchanged. Requests in flight finish on the model they began with; when the last of them is done, the
// keeper's thread frees it.
//
// Invariant: current() is never null after Start: a version that cannot be loaded never replaces one that serves, and
// losing the volume never unloads a verified model.
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
  std::optional<VersionIdentity> identity;  // nothing when even the pointer could not be read
  std::string reason;
  UtcTime time;
};

// What /health reports.
struct KeeperState {
  std::optional<VersionIdentity> desired;
  std::optional<VersionIdentity> active;
  std::optional<VersionIdentity> loading;
  std::optional<LoadFailure> last_failure;  // of the pointer or the desired version; gone once that version serves
  uint64_t swaps = 0;
  std::chrono::microseconds last_load{0};  // verify + session + golden
  std::chrono::microseconds last_golden{0};
};

enum class KeeperEvent { kLoaded, kSwapped, kRefused };

class ModelKeeper {
 public:
  struct Options {
    std::chrono::milliseconds poll_interval{1000};
    // A version that failed to load is tried again after this long (its cause may have been passing, such as memory).
    std::chrono::milliseconds retry_interval{30'000};
    std::string watch_folder = {};  // of the pointer, for inotify; "" = poll only
  };
  // Told of each load and swap, and of each failure once however often it is met (no identity: the pointer cannot be
  // read), on the keeper's thread (the first load: on Start's). Must not throw.
  using Listener = std::function<void(KeeperEvent, const std::optional<VersionIdentity>&, const std::string& reason)>;

  // Loads the model that the pointer names now; an error is that load's error, and nothing was started.
  static Result<std::unique_ptr<ModelKeeper>> Start(const Options& options, std::unique_ptr<ModelSource> source,
                                                    Clock& clock, Listener listener);
  virtual ~ModelKeeper() = default;  // stops the thread; a load in progress is waited for

  virtual std::shared_ptr<const classify::LoadedModel> current() const = 0;
  virtual KeeperState state() const = 0;
};

}  // namespace lotmark::serve
