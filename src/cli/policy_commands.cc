// policy show | set, key revoke: what activation requires, and whose signature counts.
#include <fmt/core.h>

#include <memory>

#include "base/encoding.h"
#include "cli/commands.h"
#include "cli/files.h"
#include "cli/forms.h"
#include "govern/policy_in_force.h"
#include "manifest/golden.h"
#include "store/snapshot.h"

namespace lotmark::cli {
namespace {

Json PolicyJson(const policy::Policy& policy, const journal::VolumeHistory& history) {
  Json people = Json::array();
  for (const policy::Approver& person : policy.approvers()) {
    Json keys = Json::array();
    for (const auto& key : person.keys) {
      keys.push_back(Json{{"key_id", key.id().hex()}, {"revoked", history.revoked.contains(key.id())}});
    }
    people.push_back(Json{{"name", person.name}, {"keys", std::move(keys)}});
  }
  Json relaxations = Json::array();
  for (const std::string& one : policy::Relaxations(policy)) relaxations.push_back(one);
  return Json{{"policy_sha256", policy.digest().hex()},
              {"event", history.policy_event},
              {"approvers", std::move(people)},
              {"relaxations", std::move(relaxations)}};
}

Result<Outcome> Show(const Context& context, bool raw) {
  LOTMARK_ASSIGN_OR_RETURN(const auto reader, context.OpenReader());
  LOTMARK_ASSIGN_OR_RETURN(const auto snapshot, store::TakeSnapshot(*reader));
  LOTMARK_ASSIGN_OR_RETURN(const policy::Policy policy, govern::ReadPolicy(reader->root(), snapshot.history));
  if (raw) {
    Print(policy.bytes());
    return Outcome::kDone;
  }
  if (context.json()) {
    PrintJson(PolicyJson(policy, snapshot.history));
    return Outcome::kDone;
  }
  const journal::Event& since = snapshot.events[snapshot.history.policy_event];
  const policy::ActivationConditions& asks = policy.activation();
  std::vector<std::vector<std::string>> rows{
      {"policy", policy.digest().hex()},
      {"since", fmt::format("{} by {} (event {})", FormatUtc(since.time), Printable(since.actor.name), since.index)},
      {"approvals", fmt::format("{} of {} people", asks.approvals, policy.approvers().size())}};
  for (const policy::Approver& person : policy.approvers()) {
    for (const auto& key : person.keys) {
      const bool revoked = snapshot.history.revoked.contains(key.id());
      rows.push_back({"  approver", Printable(person.name) + "  key " + key.id().hex() + (revoked ? "  REVOKED" : "")});
    }
  }
  for (const manifest::Format format : asks.formats) {
    rows.push_back({"format", std::string(manifest::FormatName(format))});
  }
  if (asks.golden_origin) {
    rows.push_back(
        {"golden", *asks.golden_origin == manifest::GoldenOrigin::kTraining ? "of the training" : "of any origin"});
  }
  if (asks.free_memory_times_artifact) {
    rows.push_back({"free memory", fmt::format("{} times the artifact", *asks.free_memory_times_artifact)});
  }
  for (const std::string& one : policy::Relaxations(policy)) rows.push_back({"not asked for", one});
  PrintLine(Table(rows));
  return Outcome::kDone;
}

Result<Outcome> Set(const Context& context, const std::string& path, const std::string& reason) {
  LOTMARK_ASSIGN_OR_RETURN(const NamedFile file, OpenFolderOf(path));
  LOTMARK_ASSIGN_OR_RETURN(const Bytes bytes, ReadFile(file, policy::Policy::kMaxBytes));
  LOTMARK_ASSIGN_OR_RETURN(const auto volume, context.OpenVolume());
  LOTMARK_ASSIGN_OR_RETURN(const auto outcome, govern::SetPolicy(volume->Place(), std::string(AsText(bytes)), reason));
  PrintLine(outcome == govern::PolicyOutcome::kChanged ? "the policy is in force" : "the policy was in force already");
  PrintLine("policy_sha256 " + Sha256Of(bytes).hex());
  return Outcome::kDone;
}

Result<Outcome> Revoke(const Context& context, const std::string& key_text, const std::string& reason) {
  auto key_id = Digest::Parse(key_text);
  if (!key_id) return Prefixed("KEY_ID", std::move(key_id).error());
  LOTMARK_ASSIGN_OR_RETURN(const auto volume, context.OpenVolume());
  LOTMARK_ASSIGN_OR_RETURN(const auto done, govern::RevokeKey(volume->Place(), *key_id, reason));
  const std::string whose = done.person.empty() ? "nobody's in the policy in force" : Printable(done.person) + "'s";
  PrintLine(fmt::format("{} key {} ({})", done.was_revoked ? "revoked before:" : "revoked", key_id->hex(), whose));
  if (done.people_left < done.approvals) {
    PrintErrorLine(
        fmt::format("warning: {} people can still approve and the policy asks for {}: nothing can become "
                    "active, nor the policy be changed. Keep a spare approver next time.",
                    done.people_left, done.approvals));
  }
  return Outcome::kDone;
}

}  // namespace

void AddPolicy(Registrar& registrar) {
  CLI::App* group = registrar.app.add_subcommand("policy", "Show or change what activation requires");
  group->require_subcommand(1);
  Registrar nested{*group, registrar.common, registrar.action};
  CLI::App* show =
      AddCommand(nested, "show", "Show the policy in force", "lotmark policy show", {Takes::kVolume, Takes::kJson});
  auto raw = std::make_shared<bool>(false);
  show->add_flag("--raw", *raw, "Print the policy's exact bytes");
  show->callback(
      [&action = registrar.action, raw] { action = [raw](const Context& context) { return Show(context, *raw); }; });

  CLI::App* set = AddCommand(nested, "set", "Put another policy in force; needs the approvals of the one in force",
                             "lotmark policy set policy.json --reason \"two people approve from now on\"",
                             {Takes::kVolume, Takes::kActor});
  auto path = std::make_shared<std::string>();
  auto reason = std::make_shared<std::string>();
  set->add_option("FILE", *path, "The new policy")->required();
  set->add_option("--reason", *reason, "Why; it goes into the history")->required();
  set->callback([&action = registrar.action, path, reason] {
    action = [path, reason](const Context& context) { return Set(context, *path, *reason); };
  });
}

void AddKey(Registrar& registrar) {
  CLI::App* group = registrar.app.add_subcommand("key", "Revoke a key of an approver");
  group->require_subcommand(1);
  Registrar nested{*group, registrar.common, registrar.action};
  CLI::App* revoke =
      AddCommand(nested, "revoke", "From now on no approval by this key counts; needs no approval",
                 "lotmark key revoke 3f0c…e1 --reason \"the laptop was stolen\"", {Takes::kVolume, Takes::kActor});
  auto key_id = std::make_shared<std::string>();
  auto reason = std::make_shared<std::string>();
  revoke->add_option("KEY_ID", *key_id, "As `policy show` names it")->required();
  revoke->add_option("--reason", *reason, "Why; it goes into the history")->required();
  revoke->callback([&action = registrar.action, key_id, reason] {
    action = [key_id, reason](const Context& context) { return Revoke(context, *key_id, *reason); };
  });
}

}  // namespace lotmark::cli
