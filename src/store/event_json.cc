#include "store/event_json.h"

#include <array>

#include "base/encoding.h"
#include "base/json.h"

namespace lotmark::store {
namespace {

constexpr std::array kKinds = {EventKind::kVolumeCreated, EventKind::kRegistering, EventKind::kRegistered,
                               EventKind::kActivating,    EventKind::kActivated,   EventKind::kRollingBack,
                               EventKind::kRolledBack,    EventKind::kRecovered};
constexpr std::array kOutcomes = {Outcome::kCompleted, Outcome::kAbandoned};

constexpr JsonLimits kEventLimits{.max_bytes = 64 << 10, .max_depth = 4, .max_values = 100};

Result<EventKind> ParseKind(std::string_view name) {
  for (const EventKind kind : kKinds) {
    if (name == EventKindName(kind)) return kind;
  }
  return Refused("event: '" + Printable(name, 60) + "' is not an event that this program knows",
                 "use the release of lotmark that wrote the event, or a newer one");
}

Result<std::optional<Outcome>> ParseOutcome(const std::optional<std::string>& name) {
  if (!name) return std::optional<Outcome>();
  for (const Outcome outcome : kOutcomes) {
    if (*name == OutcomeName(outcome)) return std::optional(outcome);
  }
  return Refused("outcome: '" + Printable(*name, 60) + "' is neither completed nor abandoned");
}

// A field that may be absent and otherwise must parse as a T.
template <typename T>
Result<std::optional<T>> OptionalField(const JsonObject& object, std::string_view key) {
  LOTMARK_ASSIGN_OR_RETURN(const std::optional<std::string> text, object.OptionalString(key));
  if (!text) return std::optional<T>();
  auto value = T::Parse(*text);
  if (!value) return Prefixed(std::string(key), std::move(value).error());
  return std::optional<T>(*std::move(value));
}

Status ReadWhat(const JsonObject& object, Event& event) {
  LOTMARK_ASSIGN_OR_RETURN(const std::string kind, object.RequiredString("event"));
  LOTMARK_ASSIGN_OR_RETURN(event.kind, ParseKind(kind));
  LOTMARK_ASSIGN_OR_RETURN(event.model, OptionalField<ModelName>(object, "model"));
  LOTMARK_ASSIGN_OR_RETURN(event.version, OptionalField<Version>(object, "version"));
  LOTMARK_ASSIGN_OR_RETURN(event.manifest_sha256, OptionalField<Digest>(object, "manifest_sha256"));
  LOTMARK_ASSIGN_OR_RETURN(event.previous, OptionalField<Version>(object, "previous"));
  LOTMARK_ASSIGN_OR_RETURN(const std::optional<std::string> outcome, object.OptionalString("outcome"));
  LOTMARK_ASSIGN_OR_RETURN(event.outcome, ParseOutcome(outcome));
  LOTMARK_ASSIGN_OR_RETURN(event.reason, object.RequiredString("reason"));
  return Ok();
}

Status ReadWhoAndWhen(const JsonObject& object, Event& event) {
  LOTMARK_ASSIGN_OR_RETURN(const int64_t index, object.RequiredInteger("index"));
  if (index < 0) return Refused("index: is negative");
  event.index = static_cast<uint64_t>(index);
  LOTMARK_ASSIGN_OR_RETURN(const std::string time, object.RequiredString("time"));
  LOTMARK_ASSIGN_OR_RETURN(event.time, ParseUtc(time));
  LOTMARK_ASSIGN_OR_RETURN(event.actor.name, object.RequiredString("actor"));
  LOTMARK_ASSIGN_OR_RETURN(const std::optional<bool> authenticated, object.OptionalBool("authenticated"));
  if (!authenticated) return Refused("authenticated is missing");
  event.actor.authenticated = *authenticated;
  return Ok();
}

Status CheckText(std::string_view field, std::string_view text, size_t max_bytes) {
  if (text.size() > max_bytes) {
    return Refused(std::string(field) + ": " + std::to_string(text.size()) + " bytes: the limit is " +
                   std::to_string(max_bytes));
  }
  if (!IsUtf8(text)) return Refused(std::string(field) + ": is not UTF-8 text: '" + Printable(text, 60) + "'");
  return Ok();
}

}  // namespace

std::string_view EventKindName(EventKind kind) {
  switch (kind) {
    case EventKind::kVolumeCreated:
      return "volume_created";
    case EventKind::kRegistering:
      return "registering";
    case EventKind::kRegistered:
      return "registered";
    case EventKind::kActivating:
      return "activating";
    case EventKind::kActivated:
      return "activated";
    case EventKind::kRollingBack:
      return "rolling_back";
    case EventKind::kRolledBack:
      return "rolled_back";
    case EventKind::kRecovered:
      return "recovered";
  }
  return "unknown";
}

std::string_view OutcomeName(Outcome outcome) { return outcome == Outcome::kCompleted ? "completed" : "abandoned"; }

Status CheckEvent(const Event& event) {
  LOTMARK_RETURN_IF_ERROR(CheckText("actor", event.actor.name, 200));
  LOTMARK_RETURN_IF_ERROR(CheckText("reason", event.reason, EventLog::kMaxReasonBytes));
  if (event.actor.name.empty()) return Refused("actor: is empty");
  if (!event.model) return Refused("model: is missing");
  const bool about_version = event.kind != EventKind::kVolumeCreated;
  if (event.version.has_value() != about_version || event.manifest_sha256.has_value() != about_version) {
    return Refused("version and manifest_sha256: every event has them, except volume_created");
  }
  if (event.outcome.has_value() != (event.kind == EventKind::kRecovered)) {
    return Refused("outcome: recovered has one, and no other event");
  }
  return Ok();
}

std::string FormatEvent(const Event& event) {
  Json json;
  json["index"] = event.index;
  json["time"] = FormatUtc(event.time);
  json["event"] = EventKindName(event.kind);
  json["actor"] = event.actor.name;
  json["authenticated"] = event.actor.authenticated;
  if (event.model) json["model"] = event.model->text();
  if (event.version) json["version"] = event.version->text();
  if (event.manifest_sha256) json["manifest_sha256"] = event.manifest_sha256->hex();
  if (event.previous) json["previous"] = event.previous->text();
  if (event.outcome) json["outcome"] = OutcomeName(*event.outcome);
  json["reason"] = event.reason;
  return DumpJson(json) + "\n";
}

Result<Event> ParseEvent(std::string_view text) {
  LOTMARK_ASSIGN_OR_RETURN(const Json json, ParseJson(text, kEventLimits));
  LOTMARK_ASSIGN_OR_RETURN(const JsonObject object, JsonObject::Of(json, ""));
  Event event;
  LOTMARK_RETURN_IF_ERROR(ReadWhoAndWhen(object, event));
  LOTMARK_RETURN_IF_ERROR(ReadWhat(object, event));
  LOTMARK_RETURN_IF_ERROR(CheckEvent(event));
  return event;
}

}  // namespace lotmark::store
