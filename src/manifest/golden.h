// The golden test classification of a version: images with the probabilities that the model must give for them.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/digest.h"
#include "manifest/artifact.h"

namespace lotmark::manifest {

struct GoldenCase {
  FileRef image;
  std::optional<Digest> pixels_sha256;                  // of the uint8 pixels after crop and resize
  std::optional<std::string> top_class;                 // the label of the largest probability, by name
  std::map<Format, std::vector<double>> probabilities;  // one per class, in order of `classes`
};

// Training proves labels and preprocessing; recorded only shows later change. Text: the manifest's words.
enum class GoldenOrigin { kTraining, kRecorded };
std::string_view GoldenOriginName(GoldenOrigin origin);

struct Golden {
  GoldenOrigin origin = GoldenOrigin::kRecorded;
  double tolerance = 0;  // largest allowed absolute difference of a probability
  std::vector<GoldenCase> cases;
};

}  // namespace lotmark::manifest
