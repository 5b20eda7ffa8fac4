// The steps that change nothing: check, golden's run, approvals.
#include <fmt/core.h>

#include <filesystem>

#include "base/encoding.h"
#include "classify/loaded_model.h"
#include "cli/complete_manifest.h"
#include "cli/forms.h"
#include "cli/update_effects.h"
#include "govern/policy_in_force.h"
#include "store/decision.h"

namespace lotmark::cli {
namespace {

// Of one exchange with a service: a classification on a slow machine included.
constexpr std::chrono::seconds kExchangeTimeout{30};

std::string Joined(const std::vector<std::string>& texts, std::string_view between) {
  std::string joined;
  for (const std::string& text : texts) joined += (joined.empty() ? "" : std::string(between)) + text;
  return joined;
}

// The manifest's bytes, when it is complete and every file beside it is as it says.
Result<manifest::Manifest> ReadCompleteManifest(const NamedFile& file, const std::string& path) {
  LOTMARK_ASSIGN_OR_RETURN(const Bytes bytes, ReadFile(file, manifest::Manifest::kMaxBytes));
  LOTMARK_ASSIGN_OR_RETURN(const auto completed, CompleteShowingProgress(AsText(bytes), *file.folder));
  if (!completed.filled_in.empty()) {
    return Refused("the manifest is not complete: it lacks " + Joined(completed.filled_in, ", "),
                   "`lotmark manifest complete " + Printable(path) + "` fills them in from the files beside it.");
  }
  LOTMARK_ASSIGN_OR_RETURN(auto manifest, manifest::Manifest::Parse(std::string(AsText(bytes))));
  const auto missing = manifest.MissingForServing(manifest::Format::kOnnx);
  if (!missing.empty()) return Refused("it cannot be served: its manifest lacks " + Joined(missing, ", "));
  return manifest;
}

}  // namespace

Result<StepDone> UpdateBase::Perform(UpdateStep step) {
  switch (step) {
    case UpdateStep::kCheck:
      return Check();
    case UpdateStep::kAdd:
      return Add();
    case UpdateStep::kGolden:
      return Golden();
    case UpdateStep::kApprovals:
      return CheckApprovals();
    case UpdateStep::kActivate:
      return Activate();
    case UpdateStep::kService:
      return AskServices();
  }
  return MachineFailed("no such step");
}

Status UpdateBase::ReadSubject() {
  std::filesystem::path path(options_.path);
  std::error_code ignored;  // what cannot be looked at is reported when it is opened
  if (std::filesystem::is_directory(path, ignored)) path /= manifest::kManifestFile;
  LOTMARK_ASSIGN_OR_RETURN(NamedFile file, OpenFolderOf(path.string()));
  LOTMARK_ASSIGN_OR_RETURN(auto manifest, ReadCompleteManifest(file, path.string()));
  subject_ = std::make_unique<UpdateSubject>(UpdateSubject{std::move(manifest), std::move(file.folder)});
  return Ok();
}

// A service that cannot be reached, or serves another model, is better known before anything is changed.
Result<std::string> UpdateBase::GreetServices() {
  std::string greeted;
  const client::HttpOptions http{.ca_file = options_.ca_file, .timeout = std::min(kExchangeTimeout, options_.timeout)};
  for (const std::string& url : options_.services) {
    LOTMARK_ASSIGN_OR_RETURN(auto service, client::HttpClient::Make(url, http));
    const auto health = client::ReadHealth(service);
    if (!health) return Refused("service " + health.error().text, health.error().hint);
    if (!health->active) return Refused(fmt::format("service {}: it serves nothing", Printable(url)));
    if (health->active->model != subject_->manifest.model_name()) {
      return Refused(fmt::format("service {}: it serves the model {}, and this is {}", Printable(url),
                                 health->active->model.text(), subject_->manifest.model_name().text()));
    }
    greeted += fmt::format("; {} serves {}", Printable(url), health->active->version.text());
    services_.push_back(std::move(service));
  }
  return greeted;
}

Result<StepDone> UpdateBase::Check() {
  LOTMARK_RETURN_IF_ERROR(ReadSubject());
  const manifest::Manifest& manifest = subject_->manifest;
  LOTMARK_ASSIGN_OR_RETURN(const auto reader, context_.OpenReader());
  LOTMARK_ASSIGN_OR_RETURN(const auto events, reader->History());
  LOTMARK_ASSIGN_OR_RETURN(const auto history, journal::FoldEvents(events));
  LOTMARK_RETURN_IF_ERROR(store::DecideRegistration(history, reader->info().primary_model, manifest.model_name(),
                                                    manifest.version(), manifest.digest()));
  LOTMARK_ASSIGN_OR_RETURN(const std::string greeted, GreetServices());
  return StepDone{StepDone::How::kDone, fmt::format("{} {} is complete, {} verified{}", manifest.model_name().text(),
                                                    manifest.version().text(), FilesText(), greeted)};
}

std::string UpdateBase::FilesText() const {
  uint64_t bytes = 0;
  const auto files = subject_->manifest.Files();
  for (const auto& file : files) bytes += file.size.value_or(0);
  return fmt::format("{} file{} of {}", files.size(), files.size() == 1 ? "" : "s", HumanSize(bytes));
}

Result<StepDone> UpdateBase::RunGoldenIn(fs::Dir& folder) const {
  LOTMARK_ASSIGN_OR_RETURN(const runtime::Runtime* runtime, context_.ServerRuntime());
  LOTMARK_ASSIGN_OR_RETURN(const auto loaded,
                           classify::LoadModel(folder, subject_->manifest, runtime->format(), *runtime, {}));
  return StepDone{StepDone::How::kDone, loaded->golden().Summary()};
}

Result<StepDone> UpdateBase::CheckApprovals() const {
  LOTMARK_ASSIGN_OR_RETURN(const auto reader, context_.OpenReader());
  LOTMARK_ASSIGN_OR_RETURN(const auto unmet, options_.check_policy(context_, *reader, subject_->manifest));
  if (unmet.empty()) return StepDone{StepDone::How::kDone, "every condition of the policy is met"};
  return govern::UnmetError("the policy asks for more", unmet);
}

}  // namespace lotmark::cli
