// Finds out why golden cases failed by trying: would the model give what is expected with red and blue swapped, or with
// another of the usual normalisations? Only for the message; nothing is ever served that way.
#pragma once

#include <string>
#include <vector>

#include "classify/golden_check.h"
#include "classify/loaded_model.h"
#include "image/pixels.h"

namespace lotmark::classify {

struct GoldenTrial {
  image::RgbImage pixels;  // of a case that failed, after crop and resize
  GoldenExpectation expected;
};

// The change with which every one of `trials` agrees, as the cause of the failures; "" when none does.
std::string CauseByTrial(const LoadedModel& model, const std::vector<GoldenTrial>& trials);

}  // namespace lotmark::classify
