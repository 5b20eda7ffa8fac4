// The golden test classification: the manifest's images through the very session that will serve.
#pragma once

#include "base/result.h"
#include "classify/classifier.h"
#include "classify/golden_check.h"
#include "classify/golden_report.h"
#include "fs/fs.h"

namespace lotmark::classify {

// Runs every case that the manifest has for the model's format: the image's bytes are verified, then it takes the way
// of any image. What is wrong with a case stands in the report; an Error means that the machine failed.
// `memory` is what its images share with others being decoded, or nullptr; it is waited for without a deadline.
Result<GoldenReport> RunGolden(const LoadedModel& model, fs::Dir& version_folder, DecodeMemory* memory);

// What golden cases compare of a prediction: its digest of outputs is of probabilities and embedding.
GoldenObservation ObservationOf(Prediction prediction);

}  // namespace lotmark::classify
