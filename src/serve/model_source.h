// Where the service gets its model from: an interface, so that the keeper's life can be tested without a disk.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/digest.h"
#include "base/ids.h"
#include "base/result.h"
#include "classify/loaded_model.h"

namespace lotmark::serve {

// A version as the pointer names it, with the digest of the manifest that lies there now.
struct VersionIdentity {
  ModelName model;
  Version version;
  Digest manifest_sha256;

  bool operator==(const VersionIdentity&) const = default;
};

// A version was taken out of service, which is more than that a newer one is wanted: nobody may go on serving it.
struct Withdrawal {
  enum class Leave {
    kForAnother,  // another version is to serve: there is a little time to load it
    kAtOnce,      // no version may serve
  };
  std::string reason;  // "was rolled back from"; shown to callers, so never a person's words
  Leave leave = Leave::kForAnother;

  bool operator==(const Withdrawal&) const = default;
};

// Thread safety: Load and CheckMemory may run on one thread while another calls the rest; no two threads call the same
// function at a time.
class ModelSource {
 public:
  virtual ~ModelSource() = default;
  // What is to serve now. kNotFound: no version may (none was activated, or the model was stopped). Any other error:
  // nobody can tell, or the pointer is not authorised; what serves goes on.
  virtual Result<VersionIdentity> ReadDesired() = 0;
  // Why `version` may not serve any more, by what ReadDesired last learnt. A source that cannot be read withdraws
  // nothing and permits nothing again.
  virtual std::optional<Withdrawal> Withdrawn(const VersionIdentity& version) const = 0;
  // Whether there is memory for loading this version now. Load checks it too.
  virtual Status CheckMemory(const VersionIdentity& identity) = 0;
  // Verifies every byte, creates the session and runs the golden test classification. Slow.
  virtual Result<std::shared_ptr<const classify::LoadedModel>> Load(const VersionIdentity& identity) = 0;
};

}  // namespace lotmark::serve
