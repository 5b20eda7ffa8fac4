// The JSON forms of what Lotmark stores and measures, shared by the HTTP API and the commands' --json.
#pragma once

#include "base/json.h"
#include "records/row.h"
#include "serve/model_keeper.h"

namespace lotmark::api {

// The reply to POST /classify: ids, classes with probabilities, top 3, quality. Without references.
Json ClassificationReply(const records::ClassificationRow& row, bool replayed);

// Every column of a row but the references (personal health data).
Json FullRow(const records::ClassificationRow& row);

// One element of `records events --json`.
Json ServiceEventJson(const records::ServiceEvent& event);

// The body of GET /health.
Json HealthReport(const serve::KeeperState& state, std::string_view replica, bool draining);

}  // namespace lotmark::api
