// Rows and events for tests: all columns filled, and different from one another.
#pragma once

#include <string_view>

#include "records/row.h"

namespace lotmark::records {

// A valid row with a fresh id; `image` stands for the image's bytes.
ClassificationRow SampleRow(std::string_view image = "an image");
ServiceEvent SampleEvent(std::string_view reason);

}  // namespace lotmark::records
