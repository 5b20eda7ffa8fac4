#include "journal/event_json.h"

#include <algorithm>
#include <array>
#include <tuple>

#include "base/encoding.h"
#include "base/json.h"

namespace lotmark::journal {
namespace {

// Which fields a kind has. Those that no column names (time, actor, reason …) belong to every event.
struct Fields {
  EventKind kind;
  bool model = false;
  bool version = false;  // and manifest_sha256
  bool file = false;
  bool key = false;
  bool previous = false;  // may have it
};
constexpr std::array kFields = {
    Fields{.kind = EventKind::kVolumeCreated, .model = true, .file = true},
    Fields{.kind = EventKind::kRegistering, .model = true, .version = true},
    Fields{.kind = EventKind::kRegistered, .model = true, .version = true},
    Fields{.kind = EventKind::kActivating, .model = true, .version = true, .previous = true},
    Fields{.kind = EventKind::kActivated, .model = true, .version = true, .previous = true},
    Fields{.kind = EventKind::kRollingBack, .model = true, .version = true, .previous = true},
    Fields{.kind = EventKind::kRolledBack, .model = true, .version = true, .previous = true},
    Fields{.kind = EventKind::kStopping, .model = true, .version = true},
    Fields{.kind = EventKind::kStopped, .model = true, .version = true},
    Fields{.kind = EventKind::kRepairing, .model = true, .version = true},
    Fields{.kind = EventKind::kRepaired, .model = true, .version = true},
    Fields{.kind = EventKind::kRecovered, .model = true, .version = true, .previous = true},
    Fields{.kind = EventKind::kEvidenceAdded, .model = true, .version = true, .file = true},
    Fields{.kind = EventKind::kApproved, .file = true, .key = true},  // and a version or a policy
    Fields{.kind = EventKind::kPolicyChanged, .file = true},
    Fields{.kind = EventKind::kKeyRevoked, .key = true},
    Fields{.kind = EventKind::kQuarantined, .model = true, .version = true},
    Fields{.kind = EventKind::kRestoredAccepted},
};

constexpr std::array kOutcomes = {Outcome::kCompleted, Outcome::kAbandoned};

constexpr JsonLimits kEventLimits{.max_bytes = 64 << 10, .max_depth = 4, .max_values = 100};

Result<EventKind> ParseKind(std::string_view name) {
  for (const Fields& fields : kFields) {
    if (name == EventKindName(fields.kind)) return fields.kind;
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
  LOTMARK_ASSIGN_OR_RETURN(event.policy_sha256, OptionalField<Digest>(object, "policy_sha256"));
  LOTMARK_ASSIGN_OR_RETURN(event.file_sha256, OptionalField<Digest>(object, "file_sha256"));
  LOTMARK_ASSIGN_OR_RETURN(event.evidence, object.OptionalString("evidence"));
  LOTMARK_ASSIGN_OR_RETURN(event.proposed_policy_sha256, OptionalField<Digest>(object, "proposed_policy_sha256"));
  LOTMARK_ASSIGN_OR_RETURN(event.key_id, OptionalField<Digest>(object, "key_id"));
  LOTMARK_ASSIGN_OR_RETURN(event.person, object.OptionalString("person"));
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
  LOTMARK_ASSIGN_OR_RETURN(const std::optional<bool> stepped_back, object.OptionalBool("clock_stepped_back"));
  event.clock_stepped_back = stepped_back.value_or(false);
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

// That `event` has the field exactly when its kind has it.
Status CheckField(const Event& event, std::string_view field, bool has, bool should) {
  if (has == should) return Ok();
  return Refused(std::string(field) + ": " + (should ? "is missing" : "does not belong") + " in an event " +
                 std::string(EventKindName(event.kind)));
}

Status CheckFields(const Event& event) {
  const Fields& fields =
      *std::find_if(kFields.begin(), kFields.end(), [&](const Fields& at) { return at.kind == event.kind; });
  const bool approval = event.kind == EventKind::kApproved;
  const bool of_version = approval ? !event.proposed_policy_sha256.has_value() : fields.version;
  const std::tuple<std::string_view, bool, bool> columns[] = {
      {"model", event.model.has_value(), approval ? of_version : fields.model},
      {"version", event.version.has_value(), of_version},
      {"manifest_sha256", event.manifest_sha256.has_value(), of_version},
      {"previous", event.previous.has_value(), event.previous.has_value() && fields.previous},
      {"policy_sha256", event.policy_sha256.has_value(), event.kind != EventKind::kVolumeCreated},
      {"file_sha256", event.file_sha256.has_value(), fields.file},
      {"evidence", event.evidence.has_value(), event.kind == EventKind::kEvidenceAdded},
      {"proposed_policy_sha256", event.proposed_policy_sha256.has_value(), approval && !of_version},
      {"key_id", event.key_id.has_value(), fields.key},
      {"person", event.person.has_value(), approval},
      {"outcome", event.outcome.has_value(), event.kind == EventKind::kRecovered},
  };
  for (const auto& [field, has, should] : columns) LOTMARK_RETURN_IF_ERROR(CheckField(event, field, has, should));
  return Ok();
}

}  // namespace

Status CheckEvent(const Event& event) {
  LOTMARK_RETURN_IF_ERROR(CheckText("actor", event.actor.name, 200));
  LOTMARK_RETURN_IF_ERROR(CheckText("reason", event.reason, Event::kMaxReasonBytes));
  LOTMARK_RETURN_IF_ERROR(CheckText("person", event.person.value_or(""), 200));
  LOTMARK_RETURN_IF_ERROR(CheckText("evidence", event.evidence.value_or(""), 64));
  if (event.actor.name.empty()) return Refused("actor: is empty");
  return CheckFields(event);
}

std::string FormatEvent(const Event& event) {
  Json json;
  json["index"] = event.index;
  json["time"] = FormatUtc(event.time);
  if (event.clock_stepped_back) json["clock_stepped_back"] = true;
  json["event"] = EventKindName(event.kind);
  json["actor"] = event.actor.name;
  json["authenticated"] = event.actor.authenticated;
  if (event.model) json["model"] = event.model->text();
  if (event.version) json["version"] = event.version->text();
  if (event.manifest_sha256) json["manifest_sha256"] = event.manifest_sha256->hex();
  if (event.previous) json["previous"] = event.previous->text();
  if (event.policy_sha256) json["policy_sha256"] = event.policy_sha256->hex();
  if (event.file_sha256) json["file_sha256"] = event.file_sha256->hex();
  if (event.evidence) json["evidence"] = *event.evidence;
  if (event.proposed_policy_sha256) json["proposed_policy_sha256"] = event.proposed_policy_sha256->hex();
  if (event.key_id) json["key_id"] = event.key_id->hex();
  if (event.person) json["person"] = *event.person;
  if (event.outcome) json["outcome"] = OutcomeName(*event.outcome);
  json["reason"] = event.reason;
  return DumpJson(json);
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

}  // namespace lotmark::journal
