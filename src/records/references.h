// Opaque references of the calling system. With a result they are personal health data: never logged, never in a
// message.
#pragma once

#include <optional>
#include <string>

#include "base/result.h"

namespace lotmark::records {

constexpr size_t kMaxReferenceBytes = 256;

struct References {
  std::optional<std::string> lesion_image_id = {};
  std::optional<std::string> patient_id = {};
  std::optional<std::string> encounter_id = {};
  std::optional<std::string> anatomical_site = {};  // identifies nobody by itself: stored with the row

  bool operator==(const References&) const = default;
};

// Each one that is given must be 1 to 256 bytes of UTF-8 without NUL. kRefused names the reference, not its value.
Status CheckReferences(const References& references);

}  // namespace lotmark::records
