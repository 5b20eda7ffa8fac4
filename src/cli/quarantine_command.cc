// quarantine: takes a version out of use, at once.
#include <fmt/core.h>

#include <memory>

#include "base/encoding.h"
#include "cli/commands.h"
#include "cli/golden_check.h"
#include "cli/progress_bar.h"
#include "store/stop.h"

namespace lotmark::cli {
namespace {

// A count over millions of rows is worth a moment, not a wait: the version is out of use already.
constexpr std::chrono::milliseconds kCountWithin{3000};

struct QuarantineOptions {
  std::string version;
  std::string reason;
  bool rollback = false;
  bool stop = false;
};

std::string UseOf(const Context& context, const ModelName& model, const Version& version, const Digest& manifest) {
  const auto database = context.OpenRecords(records::OpenMode::kReadOnly);
  if (!database) return "unknown: " + database.error().text;
  const auto use = (*database)->CountOf(model, version, manifest, kCountWithin);
  if (!use) return "unknown: " + use.error().text;
  if (use->count == 0) return "none";
  return fmt::format("{}, the first at {}", use->count, FormatUtc(*use->first));
}

lotmark::Status Leave(const Context& context, store::Volume& volume, const ModelName& model, const Version& version,
                      const QuarantineOptions& options) {
  if (options.stop) {
    LOTMARK_RETURN_IF_ERROR(store::StopActive(volume.Place(), model, version, options.reason));
    PrintLine("nothing is active: services answer 503");
    return Ok();
  }
  ProgressBar bar("verifying");
  auto moved = volume.Rollback(model, std::nullopt, options.reason, GoldenCheck(context), bar.Function());
  if (!moved) {
    Error error = Prefixed("the version is quarantined, but still the pointer's", std::move(moved).error());
    error.hint = "`--stop` leaves nothing active.";
    return error;
  }
  PrintLine(fmt::format("{} {} is active", moved->model.text(), moved->active.text()));
  return Ok();
}

Result<Outcome> Quarantine(const Context& context, const QuarantineOptions& options) {
  LOTMARK_ASSIGN_OR_RETURN(const Version version, Version::Parse(options.version));
  LOTMARK_ASSIGN_OR_RETURN(const auto volume, context.OpenVolume());
  LOTMARK_ASSIGN_OR_RETURN(const ModelName model, context.Model(volume->reader()));
  LOTMARK_ASSIGN_OR_RETURN(const auto done, store::Quarantine(volume->Place(), model, version, options.reason,
                                                              options.rollback || options.stop));
  PrintLine(fmt::format("{} {} {}", model.text(), version.text(),
                        done.was_quarantined ? "was quarantined before" : "is quarantined"));
  if (done.is_active) LOTMARK_RETURN_IF_ERROR(Leave(context, *volume, model, version, options));
  PrintLine("classifications it made: " + UseOf(context, model, version, done.manifest_sha256));
  return Outcome::kDone;
}

}  // namespace

void AddQuarantine(Registrar& registrar) {
  CLI::App* command = AddCommand(registrar, "quarantine", "Take a version out of use; it can never be active again",
                                 "lotmark quarantine 2024-v1 --rollback --reason \"misses nodular melanoma, CAPA-77\"",
                                 {Takes::kVolumeAndModel, Takes::kRecords, Takes::kActor});
  auto options = std::make_shared<QuarantineOptions>();
  command->add_option("VERSION", options->version, "Version to quarantine")->required();
  command->add_option("--reason", options->reason, "Why; it goes into the history")->required();
  auto* rollback = command->add_flag("--rollback", options->rollback, "If it is active, go back to the version before");
  auto* stop = command->add_flag("--stop", options->stop, "If it is active, leave nothing active: services answer 503");
  rollback->excludes(stop);
  command->callback([&registrar, options] {
    registrar.action = [options](const Context& context) { return Quarantine(context, *options); };
  });
}

}  // namespace lotmark::cli
