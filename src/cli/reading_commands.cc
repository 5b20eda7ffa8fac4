// list, show, verify, history: the commands that look at the volume. `status` is in status_command.cc.
#include <fmt/core.h>

#include <memory>

#include "base/encoding.h"
#include "cli/commands.h"
#include "cli/forms.h"
#include "cli/history_at.h"
#include "cli/progress_bar.h"

namespace lotmark::cli {
namespace {

Result<Outcome> List(const Context& context) {
  LOTMARK_ASSIGN_OR_RETURN(const auto reader, context.OpenReader());
  LOTMARK_ASSIGN_OR_RETURN(const ModelName model, context.Model(*reader));
  LOTMARK_ASSIGN_OR_RETURN(const auto versions, store::ListRegistered(*reader, model));
  if (context.json()) {
    Json json = Json::array();
    for (const auto& one : versions) json.push_back(SummaryJson(one));
    PrintJson(json);
    return Outcome::kDone;
  }
  if (versions.empty()) {
    PrintLine("model " + model.text() + " has no versions yet");
    return Outcome::kDone;
  }
  std::vector<std::vector<std::string>> rows{
      {"VERSION", "STATE", "EXPORTED", "FORMATS", "GOLDEN", "SIZE", "MANIFEST SHA-256"}};
  for (const auto& one : versions) {
    std::string formats;
    for (const auto& format : one.formats) formats += (formats.empty() ? "" : ",") + format;
    rows.push_back({one.version.text(), std::string(journal::VersionStateName(one.state)),
                    one.problem.empty() ? one.export_date : "damaged: " + one.problem, formats,
                    one.golden_origin ? std::string(GoldenOriginName(*one.golden_origin)) : "none",
                    HumanSize(one.bytes), one.manifest_sha256.hex()});
  }
  PrintLine(Table(rows));
  return Outcome::kDone;
}

Result<Outcome> Show(const Context& context, const std::string& version_text, bool raw) {
  LOTMARK_ASSIGN_OR_RETURN(const Version version, Version::Parse(version_text));
  LOTMARK_ASSIGN_OR_RETURN(const auto reader, context.OpenReader());
  LOTMARK_ASSIGN_OR_RETURN(const ModelName model, context.Model(*reader));
  LOTMARK_ASSIGN_OR_RETURN(const auto opened, reader->OpenVersion(model, version));
  const manifest::Manifest& manifest = opened.manifest;
  if (raw || context.json()) {  // the manifest is JSON already; its exact bytes are its identity
    Print(manifest.bytes());
    return Outcome::kDone;
  }
  std::vector<std::vector<std::string>> rows{
      {"model", manifest.model_name().text()},      {"version", manifest.version().text()},
      {"manifest_sha256", manifest.digest().hex()}, {"training dataset", Printable(manifest.training_dataset())},
      {"exported", manifest.export_date()},         {"source framework", Printable(manifest.source_framework())}};
  if (manifest.previous_version()) rows.push_back({"previous version", manifest.previous_version()->text()});
  for (const auto& [name, value] : manifest.accuracy())
    rows.push_back({"accuracy", fmt::format("{} {:g}", Printable(name), value)});
  for (const auto& file : manifest.Files()) {
    rows.push_back({"file", fmt::format("{}  {}  {}", file.path, file.size ? HumanSize(*file.size) : "size not given",
                                        file.sha256 ? file.sha256->hex() : "digest not given")});
  }
  rows.push_back({"classes", std::to_string(manifest.classes().size())});
  rows.push_back({"golden cases", GoldenText(manifest.golden())});
  PrintLine(Table(rows));
  return Outcome::kDone;
}

Result<store::VerifyScope> ScopeOf(const Context& context, const store::Reader& reader, const std::string& version) {
  store::VerifyScope scope;
  if (version.empty()) return scope;
  LOTMARK_ASSIGN_OR_RETURN(scope.model, context.Model(reader));
  LOTMARK_ASSIGN_OR_RETURN(scope.version, Version::Parse(version));
  return scope;
}

Result<Outcome> Verify(const Context& context, const std::string& version) {
  LOTMARK_ASSIGN_OR_RETURN(const auto reader, context.OpenReader());
  LOTMARK_ASSIGN_OR_RETURN(const auto scope, ScopeOf(context, *reader, version));
  auto report = [&] {
    ProgressBar bar("verifying");
    return store::Verify(*reader, scope, bar.Function());
  }();
  if (!report) return std::move(report).error();
  const Outcome outcome = report->ok() ? Outcome::kDone : Outcome::kCheckFailed;
  if (context.json()) {
    Json files = Json::array();
    for (const auto& file : report->files) files.push_back(FileReportJson(file));
    PrintJson(Json{{"ok", report->ok()}, {"files", std::move(files)}, {"problems", report->problems}});
    return outcome;
  }
  for (const auto& file : report->files) {
    PrintLine(file.ok() ? fmt::format("ok   {}/{}/{}", file.model.text(), file.version.text(), file.path)
                        : "BAD  " + file.Message());
  }
  for (const std::string& problem : report->problems) PrintLine("BAD  " + Printable(problem, 1000));
  const size_t bad = report->Bad().size();
  PrintLine(bad == 0 ? fmt::format("{} files verified", report->files.size())
                     : fmt::format("{} of {} files are bad", bad, report->files.size()));
  if (!report->problems.empty()) PrintLine(fmt::format("{} other problems", report->problems.size()));
  return outcome;
}

// The reason, and what else tells such an event from others.
std::string DetailOf(const journal::Event& event) {
  std::string about;
  if (event.person) about = *event.person;
  if (event.proposed_policy_sha256) about += ", of the policy " + event.proposed_policy_sha256->short_hex();
  if (event.evidence) about = *event.evidence + " " + event.file_sha256->short_hex();
  if (event.kind == journal::EventKind::kPolicyChanged) about = "policy " + event.file_sha256->short_hex();
  if (event.kind == journal::EventKind::kKeyRevoked) about = "key " + event.key_id->short_hex();
  if (about.empty() || event.reason.empty()) return about + event.reason;
  return about + ": " + event.reason;
}

Result<Outcome> History(const Context& context, bool all_models) {
  LOTMARK_ASSIGN_OR_RETURN(const auto reader, context.OpenReader());
  std::optional<ModelName> model;
  if (!all_models) {
    LOTMARK_ASSIGN_OR_RETURN(model, context.Model(*reader));
  }
  LOTMARK_ASSIGN_OR_RETURN(const auto events, reader->History(model));
  if (context.json()) {
    Json json = Json::array();
    for (const auto& event : events) json.push_back(EventJson(event));
    PrintJson(json);
    return Outcome::kDone;
  }
  std::vector<std::vector<std::string>> rows{{"#", "TIME", "EVENT", "VERSION", "MANIFEST", "ACTOR", "REASON"}};
  for (const auto& event : events) {
    std::string what(journal::EventKindName(event.kind));
    if (event.outcome) what += ": " + std::string(journal::OutcomeName(*event.outcome));
    rows.push_back({std::to_string(event.index), FormatUtc(event.time), std::move(what),
                    event.version ? event.version->text() : "",
                    event.manifest_sha256 ? event.manifest_sha256->short_hex() : "",
                    Printable(event.actor.name) + (event.actor.authenticated ? "" : " (unauthenticated)"),
                    Printable(DetailOf(event), journal::Event::kMaxReasonBytes)});
  }
  PrintLine(Table(rows));
  return Outcome::kDone;
}

}  // namespace

void AddList(Registrar& registrar) {
  CLI::App* command = AddCommand(registrar, "list", "List the versions of a model",
                                 "lotmark list --volume /srv/derm-models", {Takes::kVolumeAndModel, Takes::kJson});
  command->callback([&registrar] { registrar.action = List; });
}

void AddShow(Registrar& registrar) {
  CLI::App* command = AddCommand(registrar, "show", "Show what a version's manifest says", "lotmark show 2024-v1",
                                 {Takes::kVolumeAndModel, Takes::kJson});
  auto version = std::make_shared<std::string>();
  auto raw = std::make_shared<bool>(false);
  command->add_option("VERSION", *version, "Version to show")->required();
  command->add_flag("--raw", *raw, "Print the manifest's exact bytes");
  command->callback([&registrar, version, raw] {
    registrar.action = [version, raw](const Context& context) { return Show(context, *version, *raw); };
  });
}

void AddVerify(Registrar& registrar) {
  CLI::App* command = AddCommand(registrar, "verify", "Hash every file again and compare it with what was registered",
                                 "lotmark verify 2024-v1", {Takes::kVolumeAndModel, Takes::kJson});
  auto version = std::make_shared<std::string>();
  command->add_option("VERSION", *version, "Version to verify (default: everything)");
  command->callback([&registrar, version] {
    registrar.action = [version](const Context& context) { return Verify(context, *version); };
  });
}

void AddHistory(Registrar& registrar) {
  CLI::App* command = AddCommand(registrar, "history", "Show who did what, when and why", "lotmark history --json",
                                 {Takes::kVolumeAndModel, Takes::kJson});
  auto all = std::make_shared<bool>(false);
  auto at = std::make_shared<std::string>();
  CLI::Option* all_option = command->add_flag("--all", *all, "Events of every model and of the volume itself");
  CLI::Option* at_option = command->add_option(
      "--at", *at, "Instead: which version was the desired one at this time, as 2026-03-01T12:00:00Z");
  CLI::Option* records_option =
      command->add_option("--records", registrar.common.records,
                          "With --at: also what each replica was really serving (default database: $LOTMARK_RECORDS)");
  at_option->excludes(all_option);
  records_option->expected(0, 1)->needs(at_option);
  command->callback([&registrar, all, at, at_option, records_option] {
    const bool asks_for_moment = at_option->count() > 0, with_records = records_option->count() > 0;
    registrar.action = [all, at, asks_for_moment, with_records](const Context& context) {
      return asks_for_moment ? HistoryAt(context, *at, with_records) : History(context, *all);
    };
  });
}

}  // namespace lotmark::cli
