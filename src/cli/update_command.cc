// update: from a folder with a new version to services that serve it, in one command that either happened or did not.
#include <fmt/core.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <memory>

#include "base/encoding.h"
#include "cli/commands.h"
#include "cli/golden_check.h"
#include "cli/update_effects.h"
#include "cli/update_steps.h"
#include "govern/activation_gate.h"

namespace lotmark::cli {
namespace {

// The conditions of the volume's policy that the version does not meet. One that is not registered yet, of a dry run,
// has nobody's approval either.
Result<std::vector<std::string>> CheckPolicy(const Context&, const store::Reader& reader,
                                             const manifest::Manifest& manifest) {
  LOTMARK_ASSIGN_OR_RETURN(const auto events, reader.History());
  LOTMARK_ASSIGN_OR_RETURN(const auto history, journal::FoldEvents(events));
  LOTMARK_ASSIGN_OR_RETURN(const auto unmet, govern::UnmetFor(reader, history, manifest, AvailableMemory));
  std::vector<std::string> lines;
  for (const policy::Unmet& one : unmet) lines.push_back(one.text);
  return lines;
}

std::string_view HowName(StepDone::How how) {
  switch (how) {
    case StepDone::How::kDone:
      return "ok";
    case StepDone::How::kSkipped:
      return "skipped";
    case StepDone::How::kWould:
      return "would";
  }
  return "unknown";
}

// A line for each step: its beginning when it begins, the rest when it ends. With --json on standard error, where
// standard output is for programs.
class Narrator final : public UpdateObserver {
 public:
  explicit Narrator(bool json)
      : out_(json ? stderr : stdout), redraws_(isatty(fileno(out_)) == 1), steps_(Json::array()) {}

  void Begins(UpdateStep step) override {
    beginning_ = fmt::format("[{}/{}] {} … ", ++number_, kUpdateSteps.size(), UpdateStepName(step));
    Write(beginning_);
  }
  void Ended(UpdateStep step, const StepDone& done) override {
    EndLine(fmt::format("{}{} {}", HowName(done.how), done.how == StepDone::How::kWould ? "" : ":", done.text));
    Note(step, HowName(done.how), done.text);
  }
  void Failed(UpdateStep step, const Error& error) override {
    EndLine("FAILED: " + error.text);
    Note(step, "failed", error.text);
  }
  void RollsBack() override {
    beginning_ = "rolling back … ";
    Write(beginning_);
  }
  void RolledBackTo(const UpdateOutcome& outcome) {
    switch (outcome.back) {
      case UpdateOutcome::Back::kNotNeeded:
        return;
      case UpdateOutcome::Back::kDone:
        return EndLine(fmt::format("ok: {} is active; {}", outcome.back_to->to.text(), outcome.back_to->text));
      case UpdateOutcome::Back::kNothingThere:
        return EndLine("no version was active before: the new one stays active");
      case UpdateOutcome::Back::kFailed:
        return EndLine("FAILED: " + outcome.back_error->text);
    }
  }

  Json TakeSteps() { return std::move(steps_); }

 private:
  void Write(const std::string& text) {
    std::fwrite(text.data(), 1, text.size(), out_);
    std::fflush(out_);
  }
  // On a terminal a progress bar may have wiped the beginning.
  void EndLine(const std::string& text) { Write((redraws_ ? "\r\033[K" + beginning_ : "") + text + "\n"); }
  void Note(UpdateStep step, std::string_view state, const std::string& text) {
    steps_.push_back(Json{{"step", UpdateStepName(step)}, {"state", state}, {"detail", text}});
  }

  std::FILE* const out_;
  const bool redraws_;
  size_t number_ = 0;
  std::string beginning_;
  Json steps_;
};

Json OutcomeJson(const UpdateOutcome& outcome, const UpdateSubject* subject, Json steps, bool dry_run) {
  Json json{{"ok", !outcome.failure}, {"dry_run", dry_run}};
  json["model_name"] = subject != nullptr ? Json(subject->manifest.model_name().text()) : Json(nullptr);
  json["version"] = subject != nullptr ? Json(subject->manifest.version().text()) : Json(nullptr);
  json["manifest_sha256"] = subject != nullptr ? Json(subject->manifest.digest().hex()) : Json(nullptr);
  json["failed_step"] = outcome.failure ? Json(UpdateStepName(outcome.failure->step)) : Json(nullptr);
  json["rolled_back_to"] = outcome.back_to ? Json(outcome.back_to->to.text()) : Json(nullptr);
  json["rollback_failed"] = outcome.back_error ? Json(outcome.back_error->text) : Json(nullptr);
  json["steps"] = std::move(steps);
  return json;
}

Result<Outcome> Update(const Context& context, const UpdateOptions& options, bool dry_run) {
  // A reader that goes away must not end an update between the pointer's move and the services' answers.
  std::signal(SIGPIPE, SIG_IGN);
  std::unique_ptr<UpdateBase> effects;
  if (dry_run) {
    effects = std::make_unique<DryUpdate>(context, options);
  } else {
    effects = std::make_unique<RealUpdate>(context, options);
  }
  Narrator narrator(context.json());
  const UpdateOutcome outcome = RunUpdate(*effects, narrator);
  narrator.RolledBackTo(outcome);
  if (context.json()) PrintJson(OutcomeJson(outcome, effects->subject(), narrator.TakeSteps(), dry_run));
  LOTMARK_RETURN_IF_ERROR(outcome.Verdict());
  if (dry_run && !context.json()) PrintLine("dry run: nothing was changed");
  return Outcome::kDone;
}

}  // namespace

void AddUpdate(Registrar& registrar) {
  CLI::App* command =
      AddCommand(registrar, "update",
                 "Verify, add, test and activate a new version, see that services serve it, or go back by itself",
                 "lotmark update export/2024-v1 --service http://127.0.0.1:8090 --reason \"report DR-118\"",
                 {Takes::kVolume, Takes::kActor, Takes::kJson});
  auto options = std::make_shared<UpdateOptions>();
  auto timeout = std::make_shared<int>(120);
  auto dry_run = std::make_shared<bool>(false);
  command->add_option("MANIFEST", options->path, "Path of a model-manifest.json, or of the folder that it lies in")
      ->required();
  command->add_option("--service", options->services, "Address of a service that follows this volume; may be repeated")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  command->add_option("--reason", options->reason, "Why; it goes into the history (default: \"update to VERSION\")");
  command->add_option("--cacert", options->ca_file, "Certificates (PEM) to trust for https instead of the machine's");
  command->add_option("--timeout", *timeout, "Seconds for a service to serve the version, and for its test")
      ->check(CLI::Range(1, 86400))
      ->capture_default_str();
  command->add_flag("--dry-run", *dry_run, "Show what would happen, and change nothing");
  command->callback([&registrar, options, timeout, dry_run] {
    options->timeout = std::chrono::seconds(*timeout);
    options->check_policy = CheckPolicy;
    registrar.action = [options, dry_run](const Context& context) { return Update(context, *options, *dry_run); };
  });
}

}  // namespace lotmark::cli
