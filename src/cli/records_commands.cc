// trace, records list, records events: what was predicted, by which bytes.
#include <fmt/core.h>

#include <memory>

#include "api/json_forms.h"
#include "base/encoding.h"
#include "cli/commands.h"
#include "cli/forms.h"
#include "store/verification.h"

namespace lotmark::cli {
namespace {

// What the volume says about the version that a row names.
struct VersionTrace {
  std::string status;  // one line for people: "match", or what is wrong
  bool matches = false;
  std::optional<store::OpenedVersion> opened;
  std::optional<store::VerifyReport> files;
  std::optional<journal::Event> activated_by;  // what last made that version desired before the row's time
};

VersionTrace TraceVersion(const store::Reader& reader, const records::ClassificationRow& row) {
  VersionTrace trace;
  auto opened = reader.OpenVersion(row.model_name, row.model_version);
  if (!opened) {
    trace.status = "the version cannot be read: " + opened.error().text;
    return trace;
  }
  if (opened->manifest.digest() != row.manifest_sha256) {
    trace.status = "DIFFERENT: the volume's manifest is " + opened->manifest.digest().hex();
    return trace;
  }
  auto report = store::VerifyVersion(*opened, row.manifest_sha256, {});
  if (!report) {
    trace.status = "the files cannot be read: " + report.error().text;
    return trace;
  }
  trace.matches = report->ok();
  trace.status = report->ok() ? "match" : "CHANGED: " + report->Bad().front().Message();
  trace.files = std::move(*report);
  trace.opened = std::move(*opened);
  if (const auto events = reader.History(row.model_name)) {
    trace.activated_by = journal::LastActivationOf(*events, row.model_name, row.model_version, row.time);
  }
  return trace;
}

// The file whose digest the row names as the artifact.
std::string ArtifactPath(const VersionTrace& trace, const records::ClassificationRow& row) {
  if (!trace.opened) return "";
  for (const auto& file : trace.opened->manifest.Files()) {
    if (file.sha256 == row.artifact_sha256) return file.path;
  }
  return "";
}

Json TraceJson(const records::ClassificationRow& row, const VersionTrace& trace) {
  Json json{{"classification", api::FullRow(row)}};
  Json version{{"bytes_match", trace.matches}, {"status", trace.status}};
  if (trace.opened) {
    version["training_dataset"] = trace.opened->manifest.training_dataset();
    version["source_framework"] = trace.opened->manifest.source_framework();
    version["export_date"] = trace.opened->manifest.export_date();
    version["artifact"] = ArtifactPath(trace, row);
  }
  if (trace.files) {
    version["files"] = Json::array();
    for (const auto& file : trace.files->files) version["files"].push_back(FileReportJson(file));
  }
  version["activated_by"] = trace.activated_by ? EventJson(*trace.activated_by) : Json(nullptr);
  json["version"] = std::move(version);
  return json;
}

void PrintTrace(const records::ClassificationRow& row, const VersionTrace& trace) {
  std::vector<std::vector<std::string>> rows{
      {"classification", row.id.text()},
      {"time", FormatUtc(row.time)},
      {"result", fmt::format("{} ({:.2f} %)", Printable(row.top_class), row.confidence * 100)},
      {"source", fmt::format("{} on {}", records::SourceName(row.source), Printable(row.replica))},
      {"image_sha256", row.image_sha256.hex()},
      {"model_name", row.model_name.text()},
      {"model_version", row.model_version.text()},
      {"manifest_sha256", row.manifest_sha256.hex()},
      {"artifact_sha256", row.artifact_sha256.hex()}};
  if (trace.opened) {
    rows.push_back({"artifact", ArtifactPath(trace, row)});
    rows.push_back({"training dataset", Printable(trace.opened->manifest.training_dataset())});
    rows.push_back({"source framework", Printable(trace.opened->manifest.source_framework())});
  }
  rows.push_back({"runtime", fmt::format("{} {} {} {}", row.runtime_name, row.runtime_version, row.runtime_provider,
                                         Printable(row.runtime_options))});
  rows.push_back({"output_sha256", row.output_sha256.hex()});
  if (trace.activated_by) {
    rows.push_back({"activated", fmt::format("{} by {}, event {}: {}", FormatUtc(trace.activated_by->time),
                                             Printable(trace.activated_by->actor.name), trace.activated_by->index,
                                             Printable(trace.activated_by->reason))});
  }
  rows.push_back({"bytes on disk", trace.matches
                                       ? fmt::format("match ({} files hashed again)", trace.files->files.size())
                                       : trace.status});
  PrintLine(Table(rows));
}

Result<Outcome> Trace(const Context& context, const std::string& id_text) {
  LOTMARK_ASSIGN_OR_RETURN(const Uuid id, Uuid::Parse(id_text));
  LOTMARK_ASSIGN_OR_RETURN(const auto records, context.OpenRecords(records::OpenMode::kReadOnly));
  LOTMARK_ASSIGN_OR_RETURN(const auto row, records->FindClassification(id));
  if (!row) return NotFound("no classification has the id " + id.text());
  LOTMARK_ASSIGN_OR_RETURN(const auto reader, context.OpenReader());
  const VersionTrace trace = TraceVersion(*reader, *row);
  if (context.json()) {
    PrintJson(TraceJson(*row, trace));
  } else {
    PrintTrace(*row, trace);
  }
  return trace.matches ? Outcome::kDone : Outcome::kCheckFailed;
}

Result<Outcome> ListRecords(const Context& context, size_t limit) {
  LOTMARK_ASSIGN_OR_RETURN(const auto records, context.OpenRecords(records::OpenMode::kReadOnly));
  LOTMARK_ASSIGN_OR_RETURN(const auto rows, records->ListClassifications(limit));
  if (context.json()) {
    Json json = Json::array();
    for (const auto& row : rows) json.push_back(api::FullRow(row));
    PrintJson(json);
    return Outcome::kDone;
  }
  std::vector<std::vector<std::string>> table{
      {"TIME", "ID", "SOURCE", "MODEL", "VERSION", "TOP CLASS", "CONF.", "MANIFEST"}};
  for (const auto& row : rows) {
    table.push_back({FormatUtc(row.time), row.id.text(), std::string(records::SourceName(row.source)),
                     row.model_name.text(), row.model_version.text(), Printable(row.top_class),
                     fmt::format("{:.3f}", row.confidence), row.manifest_sha256.short_hex()});
  }
  PrintLine(Table(table));
  return Outcome::kDone;
}

Result<Outcome> ListServiceEvents(const Context& context, size_t limit) {
  LOTMARK_ASSIGN_OR_RETURN(const auto records, context.OpenRecords(records::OpenMode::kReadOnly));
  LOTMARK_ASSIGN_OR_RETURN(const auto events, records->ListServiceEvents(limit));
  if (context.json()) {
    Json json = Json::array();
    for (const auto& event : events) json.push_back(api::ServiceEventJson(event));
    PrintJson(json);
    return Outcome::kDone;
  }
  std::vector<std::vector<std::string>> table{{"TIME", "REPLICA", "EVENT", "VERSION", "MANIFEST", "REASON"}};
  for (const auto& event : events) {
    table.push_back({FormatUtc(event.time), Printable(event.replica),
                     std::string(records::ServiceEventKindName(event.kind)), event.model_version,
                     event.manifest_sha256 ? event.manifest_sha256->short_hex() : "", Printable(event.reason)});
  }
  PrintLine(Table(table));
  return Outcome::kDone;
}

using ListFunction = Result<Outcome> (*)(const Context&, size_t);

void AddListing(Registrar& registrar, const std::string& name, const std::string& summary, const std::string& example,
                ListFunction function) {
  CLI::App* command = AddCommand(registrar, name, summary, example, {Takes::kRecords, Takes::kJson});
  auto limit = std::make_shared<size_t>(20);
  command->add_option("--limit", *limit, "At most so many, newest first")
      ->check(CLI::Range(1, 1000000))
      ->capture_default_str();
  command->callback([&action = registrar.action, limit, function] {
    action = [limit, function](const Context& context) { return function(context, *limit); };
  });
}

}  // namespace

void AddTrace(Registrar& registrar) {
  CLI::App* command =
      AddCommand(registrar, "trace", "Show which exact model bytes made a classification",
                 "lotmark trace 019471f2-0a00-7000-8000-000000000000", {Takes::kVolume, Takes::kRecords, Takes::kJson});
  auto id = std::make_shared<std::string>();
  command->add_option("CLASSIFICATION_ID", *id, "Id of a row, as the service replied it")->required();
  command->callback(
      [&registrar, id] { registrar.action = [id](const Context& context) { return Trace(context, *id); }; });
}

void AddRecords(Registrar& registrar) {
  CLI::App* command = registrar.app.add_subcommand("records", "Look at the records database");
  command->require_subcommand(1);
  Registrar nested{*command, registrar.common, registrar.action};
  AddListing(nested, "list", "List the newest classifications", "lotmark records list --limit 10", ListRecords);
  AddListing(nested, "events", "List what services did: loaded, refused, swapped, drained, withdrawn, permitted",
             "lotmark records events", ListServiceEvents);
}

}  // namespace lotmark::cli
