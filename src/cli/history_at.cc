#include "cli/history_at.h"

#include <fmt/core.h>

#include <algorithm>
#include <limits>

#include "api/json_forms.h"
#include "base/encoding.h"
#include "cli/forms.h"
#include "cli/served_at.h"
#include "journal/at_time.h"

namespace lotmark::cli {
namespace {

using Replicas = std::map<std::string, std::vector<ServedBy>>;
using Rows = std::vector<std::vector<std::string>>;

// A moment that has not come yet has no answer. A clock that was set back does not take away what was recorded.
Status CheckHasPassed(UtcTime at, UtcTime now, const std::vector<journal::Event>& events) {
  for (const auto& event : events) now = std::max(now, event.time);
  if (at <= now) return Ok();
  return Refused(fmt::format("--at {}: that moment has not come yet", FormatUtc(at)));
}

Result<Replicas> ReadServed(const Context& context, const ModelName& model, UtcTime at) {
  LOTMARK_ASSIGN_OR_RETURN(const auto records, context.OpenRecords(records::OpenMode::kReadOnly));
  constexpr size_t kAll = std::numeric_limits<int32_t>::max();
  LOTMARK_ASSIGN_OR_RETURN(auto events, records->ListServiceEvents(kAll));
  std::reverse(events.begin(), events.end());
  return ServedAt(events, model, at);
}

bool IsAmbiguous(const std::vector<journal::DesiredBy>& desired, const Replicas& replicas) {
  return desired.size() > 1 ||
         std::any_of(replicas.begin(), replicas.end(), [](const auto& one) { return one.second.size() > 1; });
}

Json DesiredJson(const std::vector<journal::DesiredBy>& desired) {
  Json json = Json::array();
  for (const auto& by : desired) {
    if (!by) {
      json.push_back(Json{{"version", nullptr}, {"manifest_sha256", nullptr}, {"event", nullptr}});
      continue;
    }
    json.push_back(Json{{"version", by->version->text()},
                        {"manifest_sha256", by->manifest_sha256 ? Json(by->manifest_sha256->hex()) : Json(nullptr)},
                        {"event", EventJson(*by)}});
  }
  return json;
}

Json ReplicasJson(const Replicas& replicas) {
  Json json = Json::array();
  for (const auto& [replica, candidates] : replicas) {
    Json served = Json::array();
    for (const auto& by : candidates) served.push_back(by ? api::ServiceEventJson(*by) : Json(nullptr));
    json.push_back(Json{{"replica", replica}, {"served", std::move(served)}});
  }
  return json;
}

std::string DesiredText(const journal::DesiredBy& by) {
  if (!by) return "none: no version was active";
  return fmt::format("{}  by event {} ({}) of {}, {}: {}", by->version->text(), by->index,
                     journal::EventKindName(by->kind), FormatUtc(by->time), Printable(by->actor.name),
                     Printable(by->reason));
}

void AddReplicas(Rows& rows, const Replicas& replicas) {
  for (const auto& [replica, candidates] : replicas) {
    for (const auto& by : candidates) {
      rows.push_back({"served by " + Printable(replica, 64),
                      by ? fmt::format("{}  since {}", Printable(by->model_version), FormatUtc(by->time)) : "nothing"});
    }
  }
}

}  // namespace

Result<Outcome> HistoryAt(const Context& context, const std::string& at_text, bool with_records) {
  const Result<UtcTime> at = ParseUtc(at_text);
  if (!at) return Error{ErrorCode::kUsage, "--at " + at.error().text, "Write it like 2026-03-01T12:00:00Z."};
  LOTMARK_ASSIGN_OR_RETURN(const auto reader, context.OpenReader());
  LOTMARK_ASSIGN_OR_RETURN(const ModelName model, context.Model(*reader));
  LOTMARK_ASSIGN_OR_RETURN(const auto events, reader->History());
  LOTMARK_RETURN_IF_ERROR(CheckHasPassed(*at, context.toolbox().clock.Now(), events));
  const auto desired = journal::DesiredAt(events, model, *at);
  Replicas replicas;
  if (with_records) {
    LOTMARK_ASSIGN_OR_RETURN(replicas, ReadServed(context, model, *at));
  }
  const bool ambiguous = IsAmbiguous(desired, replicas);
  const Outcome outcome = ambiguous ? Outcome::kCheckFailed : Outcome::kDone;
  if (context.json()) {
    Json json{{"model_name", model.text()},
              {"at", FormatUtc(*at)},
              {"ambiguous", ambiguous},
              {"desired", DesiredJson(desired)}};
    if (with_records) json["replicas"] = ReplicasJson(replicas);
    PrintJson(json);
    return outcome;
  }
  Rows rows{{"model", model.text()}, {"at", FormatUtc(*at)}};
  for (const auto& by : desired) rows.push_back({"desired", DesiredText(by)});
  AddReplicas(rows, replicas);
  if (with_records && replicas.empty()) rows.push_back({"served by", "no replica has ever reported this model"});
  PrintLine(Table(rows));
  if (ambiguous) {
    PrintLine(
        "The recorded times cannot say which: a clock stepped back, or a command died and was recovered later.\n"
        "`lotmark history --all` shows the events in their true order.");
  }
  return outcome;
}

}  // namespace lotmark::cli
