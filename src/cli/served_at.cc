#include "cli/served_at.h"

#include <algorithm>

#include "journal/at_time.h"

namespace lotmark::cli {
namespace {

using records::ServiceEventKind;

bool Serves(const records::ServiceEvent& event) {
  return event.kind == ServiceEventKind::kLoaded || event.kind == ServiceEventKind::kSwapped;
}

// What a replica serves after this report.
ServedBy After(ServedBy before, const records::ServiceEvent& event, const ModelName& model) {
  if (event.kind == ServiceEventKind::kRefused) return before;
  if (Serves(event) && event.model_name == model.text()) return event;
  return std::nullopt;
}

std::vector<ServedBy> Candidates(const std::vector<records::ServiceEvent>& reports, const ModelName& model,
                                 UtcTime at) {
  std::vector<UtcTime> times;
  for (const auto& report : reports) times.push_back(report.time);
  std::vector<ServedBy> candidates;
  ServedBy served;
  size_t place = 0;
  for (const size_t found : journal::PlacesOf(at, times)) {
    for (; place < found; ++place) served = After(std::move(served), reports[place], model);
    const auto same = [&](const ServedBy& one) {
      return one.has_value() == served.has_value() && (!one || one->manifest_sha256 == served->manifest_sha256);
    };
    std::erase_if(candidates, same);
    candidates.push_back(served);
  }
  return candidates;
}

}  // namespace

std::map<std::string, std::vector<ServedBy>> ServedAt(const std::vector<records::ServiceEvent>& events,
                                                      const ModelName& model, UtcTime at) {
  std::map<std::string, std::vector<records::ServiceEvent>> by_replica;
  for (const auto& event : events) by_replica[event.replica].push_back(event);
  std::map<std::string, std::vector<ServedBy>> served;
  for (const auto& [replica, reports] : by_replica) {
    const auto serves_model = [&](const auto& event) { return Serves(event) && event.model_name == model.text(); };
    if (std::none_of(reports.begin(), reports.end(), serves_model)) continue;
    served[replica] = Candidates(reports, model, at);
  }
  return served;
}

}  // namespace lotmark::cli
