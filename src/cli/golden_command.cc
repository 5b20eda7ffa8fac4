// golden run: the golden test classification of a registered version, to be looked at and kept as evidence.
// golden record is in golden_record_command.cc.
#include <fmt/core.h>

#include <memory>

#include "base/encoding.h"
#include "classify/golden_evidence.h"
#include "cli/commands.h"
#include "cli/forms.h"
#include "cli/golden_check.h"
#include "cli/progress_bar.h"
#include "govern/evidence.h"

namespace lotmark::cli {
namespace {

// All files of the version are what was registered.
Status VerifyFiles(const store::Reader& reader, const store::OpenedVersion& opened) {
  ProgressBar bar("verifying");
  LOTMARK_ASSIGN_OR_RETURN(const auto report,
                           store::Verify(reader, {.model = opened.model, .version = opened.version}, bar.Function()));
  const auto bad = report.Bad();
  if (bad.empty()) return Ok();
  return Refused(bad.front().Message() + (bad.size() > 1 ? fmt::format("; and {} more", bad.size() - 1) : ""),
                 "`lotmark verify` names every file that is not as registered.");
}

Json CaseJson(const classify::GoldenCaseResult& result) {
  const bool compared = result.output_sha256.has_value();
  return Json{{"image", result.image},
              {"top_class", compared ? Json(result.top_class) : Json(nullptr)},
              {"worst_difference", compared ? Json(result.worst_difference) : Json(nullptr)},
              {"passed", result.failure.empty()},
              {"failure", result.failure.empty() ? Json(nullptr) : Json(result.failure)}};
}

void PrintRunJson(const classify::GoldenEvidence& evidence, const classify::GoldenReport& report,
                  const Digest& evidence_sha256) {
  Json cases = Json::array();
  for (const auto& result : report.cases) cases.push_back(CaseJson(result));
  PrintJson(Json{{"model_name", evidence.model.text()},
                 {"version", evidence.version.text()},
                 {"manifest_sha256", evidence.manifest_sha256.hex()},
                 {"origin", GoldenOriginName(evidence.origin)},
                 {"tolerance", evidence.tolerance},
                 {"cases", std::move(cases)},
                 {"likely_cause", report.likely_cause.empty() ? Json(nullptr) : Json(report.likely_cause)},
                 {"passed", evidence.passed},
                 {"evidence_sha256", evidence_sha256.hex()}});
}

void PrintRun(const classify::GoldenReport& report, const Digest& evidence_sha256) {
  std::vector<std::vector<std::string>> rows{{"IMAGE", "TOP CLASS", "WORST DIFFERENCE", "VERDICT"}};
  for (const auto& result : report.cases) {
    const bool compared = result.output_sha256.has_value();
    rows.push_back({Printable(result.image), compared ? Printable(result.top_class) : "-",
                    compared ? fmt::format("{:.2g}", result.worst_difference) : "-",
                    result.failure.empty() ? "agrees" : "FAILED"});
  }
  PrintLine(Table(rows));
  for (const auto& result : report.cases) {
    if (!result.failure.empty()) PrintLine(Printable(result.image) + ": " + result.failure);
  }
  PrintLine(report.Summary());
  if (!report.likely_cause.empty()) PrintLine("probably because " + report.likely_cause);
  PrintLine("evidence_sha256 " + evidence_sha256.hex());
}

// Keeps the document with the version, for approvers. A failure is kept too.
Status Record(const Context& context, const classify::GoldenEvidence& evidence) {
  LOTMARK_ASSIGN_OR_RETURN(const auto volume, context.OpenVolume());
  LOTMARK_ASSIGN_OR_RETURN(const auto added,
                           govern::AddEvidence(volume->Place(), evidence.model, evidence.version,
                                               std::string(kGoldenEvidence), FormatGoldenEvidence(evidence)));
  if (!context.json()) PrintLine(added.was_there ? "the same evidence was recorded before" : "recorded as evidence");
  return Ok();
}

Result<Outcome> RunGolden(const Context& context, const std::string& version_text, bool record) {
  LOTMARK_ASSIGN_OR_RETURN(const Version version, Version::Parse(version_text));
  LOTMARK_ASSIGN_OR_RETURN(const runtime::Runtime* runtime, context.ServerRuntime());
  LOTMARK_ASSIGN_OR_RETURN(const auto reader, context.OpenReader());
  LOTMARK_ASSIGN_OR_RETURN(const ModelName model, context.Model(*reader));
  LOTMARK_ASSIGN_OR_RETURN(const auto opened, reader->OpenVersion(model, version));
  LOTMARK_RETURN_IF_ERROR(VerifyFiles(*reader, opened));
  LOTMARK_ASSIGN_OR_RETURN(const classify::GoldenRun run,
                           classify::LoadAndRunGolden(*opened.folder, opened.manifest, runtime->format(), *runtime));
  LOTMARK_ASSIGN_OR_RETURN(const auto evidence, classify::MakeGoldenEvidence(opened.manifest, runtime->format(), run));
  const Digest evidence_sha256 = Sha256Of(FormatGoldenEvidence(evidence));
  if (context.json()) {
    PrintRunJson(evidence, run.report, evidence_sha256);
  } else {
    PrintRun(run.report, evidence_sha256);
  }
  if (record) LOTMARK_RETURN_IF_ERROR(Record(context, evidence));
  return evidence.passed ? Outcome::kDone : Outcome::kCheckFailed;
}

void AddGoldenRun(Registrar& registrar) {
  CLI::App* command =
      AddCommand(registrar, "run", "Run the golden test classification of a registered version and show each case",
                 "lotmark golden run 2024-v1", {Takes::kVolumeAndModel, Takes::kActor, Takes::kJson});
  auto version = std::make_shared<std::string>();
  command->add_option("VERSION", *version, "Version to test")->required();
  auto record = std::make_shared<bool>(false);
  command->add_flag("--record", *record, "Keep the result with the version, as evidence for its approvers");
  // `registrar` is gone when this runs; its action is the outer one's.
  command->callback([&action = registrar.action, version, record] {
    action = [version, record](const Context& context) { return RunGolden(context, *version, *record); };
  });
}

}  // namespace

void AddGolden(Registrar& registrar) {
  CLI::App* command = registrar.app.add_subcommand("golden", "Test classifications: images with known answers");
  command->require_subcommand(1);
  Registrar nested{*command, registrar.common, registrar.action};
  AddGoldenRun(nested);
  AddGoldenRecord(nested);
}

}  // namespace lotmark::cli
