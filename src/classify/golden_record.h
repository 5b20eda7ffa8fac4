// Golden cases written down from a model itself, for a version whose training wrote none: they only show later change.
#pragma once

#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "classify/loaded_model.h"
#include "manifest/golden.h"

namespace lotmark::classify {

struct GoldenImage {
  std::string path;  // beneath the version's folder
  Bytes bytes;
};

// One case an image, in their order, each with the digests of file and pixels and what the model gives for it.
// kRefused: an image is not usable; the model gives different images the same output. Errors otherwise as Classify.
// REQUIRES: at least one image.
Result<manifest::Golden> RecordGolden(const LoadedModel& model, const std::vector<GoldenImage>& images,
                                      double tolerance);

}  // namespace lotmark::classify
