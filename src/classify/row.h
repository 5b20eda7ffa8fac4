// From a prediction to the row that proves where it came from.
#pragma once

#include <chrono>
#include <string>

#include "classify/classifier.h"
#include "classify/loaded_model.h"
#include "records/row.h"

namespace lotmark::classify {

// What a row says that neither the model nor the image knows.
struct RowContext {
  Uuid id;
  UtcTime time;
  records::Source source = records::Source::kServer;
  std::string replica = {};
  std::chrono::microseconds latency{0};
  records::References references = {};
};

records::ClassificationRow MakeRow(const LoadedModel& model, const Prediction& prediction, RowContext context);

}  // namespace lotmark::classify
