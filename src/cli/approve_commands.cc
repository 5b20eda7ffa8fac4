// approve request, approve import, approvals: the half of an approval that needs the volume.
#include <fmt/core.h>

#include <memory>

#include "approval/signed_approval.h"
#include "base/encoding.h"
#include "cli/commands.h"
#include "cli/files.h"
#include "cli/forms.h"
#include "govern/approvals.h"
#include "govern/policy_in_force.h"
#include "store/fact_file.h"
#include "store/snapshot.h"

namespace lotmark::cli {
namespace {

Result<policy::Policy> ReadPolicyFile(const std::string& path) {
  LOTMARK_ASSIGN_OR_RETURN(const NamedFile file, OpenFolderOf(path));
  LOTMARK_ASSIGN_OR_RETURN(const Bytes bytes, ReadFile(file, policy::Policy::kMaxBytes));
  auto policy = policy::Policy::Parse(std::string(AsText(bytes)));
  if (!policy) return Prefixed(Printable(path), std::move(policy).error());
  return policy;
}

Result<Outcome> Request(const Context& context, const std::string& version_text, const std::string& policy_path) {
  if (version_text.empty() == policy_path.empty()) {
    return Error{ErrorCode::kUsage, "give either a VERSION or --policy FILE"};
  }
  LOTMARK_ASSIGN_OR_RETURN(const auto reader, context.OpenReader());
  LOTMARK_ASSIGN_OR_RETURN(const auto snapshot, store::TakeSnapshot(*reader));
  if (!policy_path.empty()) {
    LOTMARK_ASSIGN_OR_RETURN(const policy::Policy proposed, ReadPolicyFile(policy_path));
    Print(approval::FormatRequest(govern::RequestFor(reader->info(), snapshot.history, proposed)));
    return Outcome::kDone;
  }
  LOTMARK_ASSIGN_OR_RETURN(const Version version, Version::Parse(version_text));
  LOTMARK_ASSIGN_OR_RETURN(const ModelName model, context.Model(*reader));
  LOTMARK_ASSIGN_OR_RETURN(const auto request, govern::RequestFor(reader->info(), snapshot.history, model, version));
  Print(approval::FormatRequest(request));
  return Outcome::kDone;
}

Result<Outcome> Import(const Context& context, const std::string& path) {
  LOTMARK_ASSIGN_OR_RETURN(const NamedFile file, OpenFolderOf(path));
  LOTMARK_ASSIGN_OR_RETURN(const Bytes bytes, ReadFile(file, approval::kMaxEnvelopeBytes));
  LOTMARK_ASSIGN_OR_RETURN(const auto volume, context.OpenVolume());
  auto imported = govern::ImportApproval(volume->Place(), std::string(AsText(bytes)));
  if (!imported) return Prefixed(Printable(path), std::move(imported).error());
  PrintLine(fmt::format("{} approval of {} by {}: {} of {} people",
                        imported->was_imported ? "already imported:" : "imported", imported->request.subject_name(),
                        Printable(imported->person), imported->people, imported->approvals));
  return Outcome::kDone;
}

// What `approvals` shows of one approval.
struct Shown {
  policy::JudgedApproval judged;
  approval::ApprovalContent content;
  uint64_t event = 0;
};

Result<std::vector<Shown>> ReadShown(const store::Reader& reader, const store::Snapshot& snapshot,
                                     const ModelName& model, const Version& version,
                                     const policy::ApprovalTally& tally) {
  std::vector<Shown> shown;
  size_t next = 0;
  for (const auto& at : snapshot.history.approvals) {
    if (at.model != model || at.version != version) continue;
    LOTMARK_ASSIGN_OR_RETURN(const Bytes bytes,
                             store::ReadFact(reader.root(), store::EvidencePath(model, version), *at.file));
    LOTMARK_ASSIGN_OR_RETURN(const auto approval, approval::Approval::Parse(std::string(AsText(bytes))));
    shown.push_back({tally.judged[next++], approval.content(), at.event});
  }
  return shown;
}

Json ShownJson(const Shown& one) {
  return Json{{"event", one.event},
              {"person", one.judged.person},
              {"name", one.content.name},
              {"time", FormatUtc(one.content.time)},
              {"meaning", one.content.meaning},
              {"key_id", one.judged.key_id.hex()},
              {"file_sha256", one.judged.file_sha256.hex()},
              {"standing", policy::StandingName(one.judged.standing)},
              {"why", one.judged.why}};
}

Result<Outcome> Approvals(const Context& context, const std::string& version_text) {
  LOTMARK_ASSIGN_OR_RETURN(const Version version, Version::Parse(version_text));
  LOTMARK_ASSIGN_OR_RETURN(const auto reader, context.OpenReader());
  LOTMARK_ASSIGN_OR_RETURN(const ModelName model, context.Model(*reader));
  LOTMARK_ASSIGN_OR_RETURN(const auto snapshot, store::TakeSnapshot(*reader));
  LOTMARK_ASSIGN_OR_RETURN(const policy::Policy in_force, govern::ReadPolicy(reader->root(), snapshot.history));
  LOTMARK_ASSIGN_OR_RETURN(const auto facts, govern::VersionApprovals(reader->root(), reader->info(), snapshot.history,
                                                                      in_force, model, version));
  const policy::ApprovalTally tally = policy::EvaluateApprovals(in_force, facts);
  LOTMARK_ASSIGN_OR_RETURN(const auto shown, ReadShown(*reader, snapshot, model, version, tally));
  const auto& subject = std::get<approval::VersionSubject>(facts.wanted.subject);
  const size_t needed = in_force.activation().approvals;
  const Outcome outcome = tally.people.size() >= needed ? Outcome::kDone : Outcome::kCheckFailed;
  if (context.json()) {
    Json evidence = Json::array();
    for (const auto& at : subject.evidence) evidence.push_back(Json{{"kind", at.kind}, {"sha256", at.sha256.hex()}});
    Json approvals = Json::array();
    for (const Shown& one : shown) approvals.push_back(ShownJson(one));
    PrintJson(Json{{"model_name", model.text()},
                   {"version", version.text()},
                   {"manifest_sha256", subject.manifest_sha256.hex()},
                   {"evidence", std::move(evidence)},
                   {"people", tally.people.size()},
                   {"needed", needed},
                   {"approvals", std::move(approvals)}});
    return outcome;
  }
  std::vector<std::vector<std::string>> rows{{"version", model.text() + " " + version.text()},
                                             {"manifest_sha256", subject.manifest_sha256.hex()}};
  for (const auto& at : subject.evidence) rows.push_back({"evidence", at.kind + " " + at.sha256.hex()});
  if (subject.evidence.empty()) rows.push_back({"evidence", "none"});
  rows.push_back({"approvals", fmt::format("{} of {} people", tally.people.size(), needed)});
  for (const Shown& one : shown) {
    const bool counts = one.judged.standing == policy::Standing::kCounts;
    rows.push_back({counts ? "  counts" : "  DOES NOT COUNT",
                    fmt::format("{}  {}  \"{}\"{}", Printable(one.content.name), FormatUtc(one.content.time),
                                Printable(one.content.meaning, approval::kMaxMeaningBytes),
                                counts ? "" : "  (" + one.judged.why + ")")});
  }
  PrintLine(Table(rows));
  return outcome;
}

}  // namespace

void AddApproveRequest(Registrar& registrar) {
  CLI::App* command = AddCommand(registrar, "request", "Print what approvers are asked to sign",
                                 "lotmark approve request 2024-v1 > request.json", {Takes::kVolumeAndModel});
  auto version = std::make_shared<std::string>();
  auto policy = std::make_shared<std::string>();
  command->add_option("VERSION", *version, "A registered version");
  command->add_option("--policy", *policy, "A policy that is to come into force, instead of a version");
  command->callback([&action = registrar.action, version, policy] {
    action = [version, policy](const Context& context) { return Request(context, *version, *policy); };
  });
}

void AddApproveImport(Registrar& registrar) {
  CLI::App* command = AddCommand(registrar, "import", "Take a signed approval into the volume",
                                 "lotmark approve import approval.json", {Takes::kVolume, Takes::kActor});
  auto path = std::make_shared<std::string>();
  command->add_option("FILE", *path, "File that `approve sign` made")->required();
  command->callback([&action = registrar.action, path] {
    action = [path](const Context& context) { return Import(context, *path); };
  });
}

void AddApprovals(Registrar& registrar) {
  CLI::App* command = AddCommand(registrar, "approvals", "Show who approved a version, and which approvals count",
                                 "lotmark approvals 2024-v1", {Takes::kVolumeAndModel, Takes::kJson});
  auto version = std::make_shared<std::string>();
  command->add_option("VERSION", *version, "A registered version")->required();
  command->callback([&registrar, version] {
    registrar.action = [version](const Context& context) { return Approvals(context, *version); };
  });
}

}  // namespace lotmark::cli
