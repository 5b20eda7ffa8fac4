// What each replica was really serving at a moment in the past, by what the replicas themselves reported: a pure
// function of the service events (doc/records.md).
//
// A service that was killed reports nothing any more: its last report stands until it is started again.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "records/row.h"

namespace lotmark::cli {

// The report (loaded or swapped) by which a replica was serving a version; nothing: it served none of this model.
using ServedBy = std::optional<records::ServiceEvent>;

// By replica, for each that ever served the model: the candidates, each version once, in order of the reports. More
// than one where the clock of that replica stepped back (store/at_time.h). `events`: in order of insertion.
std::map<std::string, std::vector<ServedBy>> ServedAt(const std::vector<records::ServiceEvent>& events,
                                                      const ModelName& model, UtcTime at);

}  // namespace lotmark::cli
