// Where the service gets its model from: an interface, so that the keeper's life can be tested without a disk.
#pragma once

#include <memory>

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

// Thread safety: called by one thread at a time.
class ModelSource {
 public:
  virtual ~ModelSource() = default;
  // What the pointer says now. kNotFound: no version has been activated.
  virtual Result<VersionIdentity> ReadDesired() = 0;
  // Verifies every byte, creates the session and runs the golden test classification. Slow.
  virtual Result<std::shared_ptr<const classify::LoadedModel>> Load(const VersionIdentity& identity) = 0;
};

}  // namespace lotmark::serve
