#include "cli/update_effects.h"

#include <fmt/core.h>

#include <algorithm>

#include "base/encoding.h"
#include "classify/golden_evidence.h"
#include "classify/loaded_model.h"
#include "classify/verified_file.h"
#include "cli/golden_check.h"
#include "cli/progress_bar.h"
#include "govern/activation_gate.h"
#include "govern/evidence.h"
#include "journal/history.h"
#include "store/fact_file.h"

namespace lotmark::cli {
namespace {

// How long services are watched after a rollback, which is done by then whatever they say.
constexpr std::chrono::seconds kWatchBack{15};

constexpr uint64_t kMaxImageBytes = 64u << 20;

// The first golden case of the format that services run; nullptr: the manifest has none.
const manifest::GoldenCase* FirstCase(const manifest::Manifest& manifest) {
  if (!manifest.golden()) return nullptr;
  const auto& cases = manifest.golden()->cases;
  const auto found = std::find_if(cases.begin(), cases.end(), [](const manifest::GoldenCase& one) {
    return one.probabilities.count(manifest::Format::kOnnx) > 0;
  });
  return found == cases.end() ? nullptr : &*found;
}

ExpectedReply Expected(const manifest::Manifest& manifest, const manifest::GoldenCase& golden) {
  return {manifest.classes(), golden.probabilities.at(manifest::Format::kOnnx), manifest.golden()->tolerance};
}

// The volume has evidence that the version passed.
Result<bool> HasPassed(const store::Reader& reader, const store::OpenedVersion& opened) {
  LOTMARK_ASSIGN_OR_RETURN(const auto events, reader.History());
  LOTMARK_ASSIGN_OR_RETURN(const auto history, journal::FoldEvents(events));
  for (const journal::VersionFact& at : history.evidence) {
    if (at.model != opened.model || at.version != opened.version || at.evidence != kGoldenEvidence) continue;
    LOTMARK_ASSIGN_OR_RETURN(
        const Bytes bytes, store::ReadFact(reader.root(), store::EvidencePath(opened.model, opened.version), *at.file));
    const auto evidence = classify::ParseGoldenEvidence(AsText(bytes));
    if (evidence && evidence->passed) return true;
  }
  return false;
}

// That the pointer is still where this update left it.
Status CheckStillOurs(const store::Reader& reader, const manifest::Manifest& manifest) {
  LOTMARK_ASSIGN_OR_RETURN(const auto active, reader.ActiveVersion(manifest.model_name()));
  if (active == manifest.version()) return Ok();
  return Refused(fmt::format("another command has made {} active meanwhile", active ? active->text() : "nothing"));
}

}  // namespace

Result<StepDone> RealUpdate::Add() {
  LOTMARK_ASSIGN_OR_RETURN(volume_, context_.OpenVolume());
  ProgressBar bar("adding");
  LOTMARK_ASSIGN_OR_RETURN(const auto added,
                           volume_->Register(*subject_->folder, subject_->manifest.bytes(), bar.Function()));
  const bool is_new = added.outcome == store::RegisterOutcome::kRegistered;
  return StepDone{StepDone::How::kDone,
                  fmt::format("{} {}, manifest_sha256 {}", added.version.text(),
                              is_new ? "is registered" : "is already registered", added.manifest_sha256.hex())};
}

Result<StepDone> RealUpdate::Golden() {
  const manifest::Manifest& manifest = subject_->manifest;
  LOTMARK_ASSIGN_OR_RETURN(const auto opened, volume_->reader().OpenVersion(manifest.model_name(), manifest.version()));
  LOTMARK_ASSIGN_OR_RETURN(const runtime::Runtime* runtime, context_.ServerRuntime());
  LOTMARK_ASSIGN_OR_RETURN(const classify::GoldenRun run,
                           classify::LoadAndRunGolden(*opened.folder, opened.manifest, runtime->format(), *runtime));
  LOTMARK_RETURN_IF_ERROR(classify::GoldenVerdict(run.report));
  if (run.report.cases.empty()) return StepDone{StepDone::How::kDone, run.report.Summary()};
  // What the approvers look at. One result is enough: another of the same run elsewhere would void approvals.
  LOTMARK_ASSIGN_OR_RETURN(const bool known, HasPassed(volume_->reader(), opened));
  if (known) return StepDone{StepDone::How::kDone, run.report.Summary()};
  LOTMARK_ASSIGN_OR_RETURN(const auto evidence, classify::MakeGoldenEvidence(opened.manifest, runtime->format(), run));
  LOTMARK_ASSIGN_OR_RETURN(const auto added,
                           govern::AddEvidence(volume_->Place(), opened.model, opened.version,
                                               std::string(kGoldenEvidence), FormatGoldenEvidence(evidence)));
  return StepDone{StepDone::How::kDone, run.report.Summary() + ", evidence " + added.sha256.short_hex()};
}

Result<StepDone> RealUpdate::Activate() {
  const manifest::Manifest& manifest = subject_->manifest;
  const std::string reason = options_.reason.empty() ? "update to " + manifest.version().text() : options_.reason;
  ProgressBar bar("verifying");
  LOTMARK_ASSIGN_OR_RETURN(
      const auto moved, volume_->Activate(manifest.model_name(), manifest.version(), reason, QuietGoldenCheck(context_),
                                          govern::PolicyPermit(volume_->reader(), AvailableMemory), bar.Function()));
  if (moved.outcome == store::MoveOutcome::kAlreadyActive) {
    return StepDone{StepDone::How::kDone, moved.active.text() + " is already active"};
  }
  const std::string before = moved.previous ? " (before: " + moved.previous->text() + ")" : "";
  return StepDone{StepDone::How::kDone, moved.active.text() + " is active" + before};
}

// A service is not waited for when the pointer names another version by now.
Judgement RealUpdate::UnlessMoved(Judgement judged) const {
  if (judged.kind != Judgement::Kind::kNotYet) return judged;
  const Status ours = CheckStillOurs(volume_->reader(), subject_->manifest);
  return ours ? judged : Judgement{Judgement::Kind::kNo, ours.error().text};
}

Result<std::string> RealUpdate::AskService(const client::HttpClient& service, const ExpectedReply* expected,
                                           ByteView image) const {
  const client::ServedVersion wanted = subject_->served();
  const Patience patience{.deadline = options_.timeout};
  LOTMARK_ASSIGN_OR_RETURN(
      const std::string serves,
      AskUntilYes([&] { return UnlessMoved(JudgeHealth(client::ReadHealth(service), wanted)); }, patience));
  if (expected == nullptr) return serves + ", no golden case to classify";
  const auto classify = [&] {
    return UnlessMoved(JudgeReply(client::ClassifyAsTest(service, image), wanted, *expected));
  };
  auto agrees = AskUntilYes(classify, patience);
  if (!agrees) return Prefixed("test classification", std::move(agrees).error());
  return fmt::format("{}, its test classification agrees: {}", serves, *agrees);
}

Result<StepDone> RealUpdate::AskServices() {
  if (services_.empty()) return StepDone{StepDone::How::kSkipped, "no --service was given, so none was asked"};
  const manifest::Manifest& manifest = subject_->manifest;
  LOTMARK_ASSIGN_OR_RETURN(const auto opened, volume_->reader().OpenVersion(manifest.model_name(), manifest.version()));
  const manifest::GoldenCase* golden = FirstCase(manifest);
  std::optional<ExpectedReply> expected;
  Bytes image;
  if (golden != nullptr) {
    expected = Expected(manifest, *golden);
    LOTMARK_ASSIGN_OR_RETURN(image, classify::ReadVerified(*opened.folder, golden->image, kMaxImageBytes));
  }
  std::string text;
  for (const client::HttpClient& service : services_) {
    auto asked = AskService(service, expected ? &*expected : nullptr, image);
    if (!asked) return Prefixed(Printable(service.base_url()), std::move(asked).error());
    text += fmt::format("{}{}: {}", text.empty() ? "" : "; ", Printable(service.base_url()), *asked);
  }
  return StepDone{StepDone::How::kDone, std::move(text)};
}

// One line; an answer that does not come changes nothing, since the pointer has moved.
std::string RealUpdate::AskWhetherBack(const client::ServedVersion& version) const {
  const Patience patience{.deadline = std::min<std::chrono::milliseconds>(kWatchBack, options_.timeout)};
  std::string text;
  for (const client::HttpClient& service : services_) {
    // It serves the version, and has taken notice that it is the desired one.
    const auto serves = AskUntilYes(
        [&] {
          const auto health = client::ReadHealth(service);
          Judgement judged = JudgeHealth(health, version);
          const bool noticed = health && health->desired && health->desired->manifest_sha256 == version.manifest_sha256;
          if (judged.kind == Judgement::Kind::kYes && !noticed) judged.kind = Judgement::Kind::kNotYet;
          return judged;
        },
        patience);
    text += fmt::format("{}{}: {}", text.empty() ? "" : "; ", Printable(service.base_url()),
                        serves ? *serves : serves.error().text);
  }
  return text;
}

Result<std::optional<RolledBack>> RealUpdate::RollBack(const std::string& reason) {
  const manifest::Manifest& manifest = subject_->manifest;
  const store::Reader& reader = volume_->reader();
  LOTMARK_RETURN_IF_ERROR(CheckStillOurs(reader, manifest));
  LOTMARK_ASSIGN_OR_RETURN(const auto events, reader.History());
  LOTMARK_ASSIGN_OR_RETURN(const auto history, journal::FoldEvents(events));
  const auto target = journal::RollbackTarget(history, manifest.model_name());
  if (!target) return std::optional<RolledBack>();
  // Once more when the version before is proven, right before the pointer would move.
  const store::ActivationCheck check = [&](const store::OpenedVersion& opened) -> Status {
    LOTMARK_RETURN_IF_ERROR(QuietGoldenCheck(context_)(opened));
    return CheckStillOurs(reader, manifest);
  };
  ProgressBar bar("rolling back");
  LOTMARK_ASSIGN_OR_RETURN(const auto moved,
                           volume_->Rollback(manifest.model_name(), target, reason, check, bar.Function()));
  return std::optional(
      RolledBack{moved.active, AskWhetherBack({manifest.model_name(), moved.active, moved.manifest_sha256})});
}

}  // namespace lotmark::cli
