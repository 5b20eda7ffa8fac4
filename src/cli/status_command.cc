// status: what is active, since when and why; the policy in force, and what it does not ask for.
#include <fmt/core.h>

#include "base/encoding.h"
#include "cli/commands.h"
#include "cli/forms.h"
#include "govern/policy_in_force.h"

namespace lotmark::cli {
namespace {

using Rows = std::vector<std::vector<std::string>>;

// The manifest of the active version; nothing when there is none that can be read.
std::optional<manifest::Manifest> ActiveManifest(const store::Reader& reader, const store::ModelStatus& model) {
  if (!model.active) return std::nullopt;
  auto opened = reader.OpenVersion(model.model, *model.active);
  if (!opened) return std::nullopt;
  return std::move(opened->manifest);
}

std::vector<Version> QuarantinedOf(const store::VolumeStatus& status, const ModelName& model) {
  std::vector<Version> versions;
  for (const journal::VersionFact& at : status.history.quarantined) {
    if (at.model == model) versions.push_back(at.version);
  }
  return versions;
}

Json VersionsJson(const std::vector<Version>& versions) {
  Json json = Json::array();
  for (const Version& version : versions) json.push_back(version.text());
  return json;
}

Json ModelJson(const store::Reader& reader, const store::VolumeStatus& status, const store::ModelStatus& model) {
  Json json = ModelStatusJson(model);
  const auto manifest = ActiveManifest(reader, model);
  json["golden_origin"] =
      manifest && manifest->golden() ? Json(GoldenOriginName(manifest->golden()->origin)) : Json(nullptr);
  json["quarantined"] = VersionsJson(QuarantinedOf(status, model.model));
  return json;
}

Json PolicyJson(const store::VolumeStatus& status, const Result<policy::Policy>& in_force) {
  Json json{{"policy_sha256", status.history.policy_sha256.hex()},
            {"relaxations", nullptr},
            {"problem", in_force ? Json(nullptr) : Json(in_force.error().text)}};
  if (in_force) json["relaxations"] = policy::Relaxations(*in_force);
  return json;
}

// `memory_problem`: as journal::Journal tells it.
void PrintStatusJson(const store::Reader& reader, const store::VolumeStatus& status,
                     const Result<policy::Policy>& in_force, const std::string& memory_problem) {
  Json models = Json::array();
  for (const auto& model : status.models) models.push_back(ModelJson(reader, status, model));
  PrintJson(Json{{"volume_id", status.info.volume_id.text()},
                 {"primary_model", status.info.primary_model.text()},
                 {"events", status.events},
                 {"recovery_pending", status.recovery_pending},
                 {"memory_problem", memory_problem.empty() ? Json(nullptr) : Json(memory_problem)},
                 {"policy", PolicyJson(status, in_force)},
                 {"models", std::move(models)}});
}

void AddPolicyRows(Rows& rows, const store::VolumeStatus& status, const Result<policy::Policy>& in_force) {
  rows.push_back({"policy", status.history.policy_sha256.hex()});
  if (!in_force) {
    rows.push_back({"  PROBLEM", Printable(in_force.error().text, 1000)});
    return;
  }
  for (const std::string& one : policy::Relaxations(*in_force)) rows.push_back({"  relaxed", one});
}

void AddModelRows(Rows& rows, const store::Reader& reader, const store::VolumeStatus& status,
                  const store::ModelStatus& model) {
  rows.push_back(
      {"model", fmt::format("{} ({} version{})", model.model.text(), model.versions, model.versions == 1 ? "" : "s")});
  if (!model.problem.empty()) rows.push_back({"  PROBLEM", model.problem});
  rows.push_back({"  active", model.active ? model.active->text() : "none"});
  if (model.active_manifest_sha256) rows.push_back({"  manifest_sha256", model.active_manifest_sha256->hex()});
  if (const auto manifest = ActiveManifest(reader, model)) {
    rows.push_back({"  golden cases", GoldenText(manifest->golden())});
  }
  if (model.active_event) {
    rows.push_back({"  since", fmt::format("{} by {}", FormatUtc(model.active_event->time),
                                           Printable(model.active_event->actor.name))});
    rows.push_back({"  reason", Printable(model.active_event->reason)});
  }
  rows.push_back({"  rollback goes to", model.rollback_target ? model.rollback_target->text() : "nothing"});
  for (const Version& version : QuarantinedOf(status, model.model)) {
    rows.push_back({"  quarantined", version.text()});
  }
}

void PrintStatus(const store::Reader& reader, const store::VolumeStatus& status, const Result<policy::Policy>& in_force,
                 const std::string& memory_problem) {
  Rows rows{{"volume", fmt::format("{} ({})", reader.DisplayPath(), status.info.volume_id.text())},
            {"events", std::to_string(status.events)}};
  if (status.recovery_pending) {
    rows.push_back({"recovery", "pending: a command is at work, or one died and the next mutating command recovers"});
  }
  if (!memory_problem.empty()) {
    rows.push_back({"WARNING", "this journal could not be remembered, so that it was cut may not be noticed later: " +
                                   Printable(memory_problem, 1000)});
  }
  AddPolicyRows(rows, status, in_force);
  for (const auto& model : status.models) AddModelRows(rows, reader, status, model);
  PrintLine(Table(rows));
}

Result<Outcome> Status(const Context& context) {
  LOTMARK_ASSIGN_OR_RETURN(const auto reader, context.OpenReader());
  LOTMARK_ASSIGN_OR_RETURN(const auto status, store::ReadStatus(*reader));
  const auto in_force = govern::ReadPolicy(reader->root(), status.history);
  const std::string& memory_problem = reader->journal().memory_problem();
  if (context.json()) {
    PrintStatusJson(*reader, status, in_force, memory_problem);
  } else {
    PrintStatus(*reader, status, in_force, memory_problem);
  }
  bool problem = !in_force;
  for (const auto& model : status.models) problem = problem || !model.problem.empty();
  return problem ? Outcome::kCheckFailed : Outcome::kDone;
}

}  // namespace

void AddStatus(Registrar& registrar) {
  CLI::App* command = AddCommand(registrar, "status", "Show what is active, since when and why",
                                 "lotmark status --json", {Takes::kVolume, Takes::kJson});
  command->callback([&registrar] { registrar.action = Status; });
}

}  // namespace lotmark::cli
