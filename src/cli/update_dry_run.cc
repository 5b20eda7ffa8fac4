#include <fmt/core.h>

#include "base/encoding.h"
#include "cli/update_effects.h"
#include "journal/history.h"

namespace lotmark::cli {
namespace {

StepDone Would(std::string text) { return {StepDone::How::kWould, std::move(text)}; }

}  // namespace

Result<StepDone> DryUpdate::Add() {
  const manifest::Manifest& manifest = subject_->manifest;
  LOTMARK_ASSIGN_OR_RETURN(const auto reader, context_.OpenReader());
  LOTMARK_ASSIGN_OR_RETURN(const auto events, reader->History());
  LOTMARK_ASSIGN_OR_RETURN(const auto history, journal::FoldEvents(events));
  if (history.FindRegistered(manifest.model_name(), manifest.version()) != nullptr) {
    return StepDone{StepDone::How::kDone, manifest.version().text() + " is already registered"};
  }
  return Would(fmt::format("copy {} and register {}, manifest_sha256 {}", FilesText(), manifest.version().text(),
                           manifest.digest().hex()));
}

// On the files where they lie: they are verified while they are read, as those of a volume are.
Result<StepDone> DryUpdate::Golden() { return RunGoldenIn(*subject_->folder); }

Result<StepDone> DryUpdate::Activate() {
  const manifest::Manifest& manifest = subject_->manifest;
  LOTMARK_ASSIGN_OR_RETURN(const auto reader, context_.OpenReader());
  LOTMARK_ASSIGN_OR_RETURN(const auto active, reader->ActiveVersion(manifest.model_name()));
  if (active == manifest.version()) {
    return StepDone{StepDone::How::kDone, active->text() + " is already active"};
  }
  return Would(fmt::format("make {} active (now: {})", manifest.version().text(), active ? active->text() : "nothing"));
}

Result<StepDone> DryUpdate::AskServices() {
  if (services_.empty()) return StepDone{StepDone::How::kSkipped, "no --service was given, so none would be asked"};
  std::string urls;
  for (const auto& service : services_) urls += (urls.empty() ? "" : ", ") + Printable(service.base_url());
  return Would(fmt::format("wait up to {} s each until {} serves {}, and classify its first golden image there",
                           options_.timeout.count(), urls, subject_->manifest.version().text()));
}

Result<std::optional<RolledBack>> DryUpdate::RollBack(const std::string&) { return std::optional<RolledBack>(); }

}  // namespace lotmark::cli
