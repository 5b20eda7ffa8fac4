// Results about a version, kept beside it: what its approvers look at. Durable file, then event.
#pragma once

#include <string>

#include "base/ids.h"
#include "base/result.h"
#include "store/locked_volume.h"

namespace lotmark::govern {

struct AddedEvidence {
  Digest sha256;
  bool was_there = false;  // the same bytes were added before; nothing was recorded then
};

// kNotFound: not registered. kTooLarge: over store::kMaxFactBytes.
Result<AddedEvidence> AddEvidence(const store::Workplace& place, const ModelName& model, const Version& version,
                                  const std::string& kind, const std::string& document);

}  // namespace lotmark::govern
