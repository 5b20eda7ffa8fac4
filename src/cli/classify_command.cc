// classify: classifies image files with the active version, without a service. Rows have the source `cli`.
#include <fmt/core.h>

#include <chrono>
#include <memory>

#include "api/json_forms.h"
#include "base/encoding.h"
#include "classify/classifier.h"
#include "classify/row.h"
#include "cli/commands.h"
#include "cli/files.h"
#include "serve/volume_source.h"

namespace lotmark::cli {
namespace {

constexpr uint64_t kMaxImageBytes = 64u << 20;

// The way of a service: a version whose manifest is not the registered one is refused here too.
Result<std::shared_ptr<const classify::LoadedModel>> LoadActive(const Context& context) {
  LOTMARK_ASSIGN_OR_RETURN(auto reader, context.OpenReader());
  LOTMARK_ASSIGN_OR_RETURN(const ModelName model, context.Model(*reader));
  LOTMARK_ASSIGN_OR_RETURN(const runtime::Runtime* runtime, context.ServerRuntime());
  const auto source = serve::MakeVolumeSource(std::move(reader), model, *runtime, {});
  LOTMARK_ASSIGN_OR_RETURN(const auto desired, source->ReadDesired());
  return source->Load(desired);
}

// Classifies one file and stores its row. The row is durable when this returns OK.
Result<records::ClassificationRow> ClassifyFile(const Context& context, const classify::LoadedModel& model,
                                                records::Database& records, const std::string& path) {
  const auto begin = std::chrono::steady_clock::now();
  LOTMARK_ASSIGN_OR_RETURN(const NamedFile file, OpenFolderOf(path));
  LOTMARK_ASSIGN_OR_RETURN(const Bytes image, ReadFile(file, kMaxImageBytes));
  LOTMARK_ASSIGN_OR_RETURN(const auto prediction, classify::Classify(model, image));
  const UtcTime now = context.toolbox().clock.Now();
  classify::RowContext row_context{
      .id = Uuid::V7(now),
      .time = now,
      .source = records::Source::kCli,
      .replica = context.Actor().name,
      .latency = std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - begin),
      .references = {}};
  const records::ClassificationRow row = classify::MakeRow(model, prediction, std::move(row_context));
  LOTMARK_ASSIGN_OR_RETURN(const auto outcomes, records.Insert(std::span(&row, 1)));
  (void)outcomes;  // a fresh UUID is never there already
  return row;
}

Result<Outcome> Classify(const Context& context, const std::vector<std::string>& paths) {
  LOTMARK_ASSIGN_OR_RETURN(const auto model, LoadActive(context));
  LOTMARK_ASSIGN_OR_RETURN(const auto records, context.OpenRecords(records::OpenMode::kCreateOrOpen));
  Outcome outcome = Outcome::kDone;
  Json replies = Json::array();
  for (const std::string& path : paths) {
    auto row = ClassifyFile(context, *model, *records, path);
    if (!row) {
      // A machine that fails for one image fails for the rest; an image that is refused does not.
      if (row.error().code != ErrorCode::kRefused && row.error().code != ErrorCode::kTooLarge &&
          row.error().code != ErrorCode::kNotFound) {
        return std::move(row).error();
      }
      PrintErrorLine(fmt::format("lotmark: {}: {}", Printable(path), row.error().text));
      outcome = Outcome::kCheckFailed;
      continue;
    }
    if (context.json()) {
      Json reply = api::ClassificationReply(*row, false);
      reply["file"] = path;
      replies.push_back(std::move(reply));
      continue;
    }
    PrintLine(fmt::format("{}  {} {:.1f} %  {} {}  id {}", Printable(path), row->top_class, row->confidence * 100,
                          row->model_name.text(), row->model_version.text(), row->id.text()));
    for (const std::string& warning : row->warnings) PrintLine("  warning: " + warning);
  }
  if (context.json()) PrintJson(replies);
  return outcome;
}

}  // namespace

void AddClassify(Registrar& registrar) {
  CLI::App* command = AddCommand(registrar, "classify", "Classify images with the active version, without a service",
                                 "lotmark classify lesion.jpg --records sqlite:///var/lib/lotmark/records.db",
                                 {Takes::kVolumeAndModel, Takes::kRecords, Takes::kActor, Takes::kJson});
  auto paths = std::make_shared<std::vector<std::string>>();
  command->add_option("IMAGE", *paths, "JPEG or PNG files")->required();
  command->callback([&registrar, paths] {
    registrar.action = [paths](const Context& context) { return Classify(context, *paths); };
  });
}

}  // namespace lotmark::cli
