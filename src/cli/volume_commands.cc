// init, add, activate, rollback: the commands that change the volume.
#include <fmt/core.h>

#include <cstdlib>
#include <memory>

#include "cli/commands.h"
#include "cli/complete_manifest.h"
#include "cli/files.h"
#include "cli/golden_check.h"
#include "cli/journal_access.h"
#include "cli/progress_bar.h"
#include "fs/posix_fs.h"
#include "govern/activation_gate.h"
#include "policy/policy.h"

namespace lotmark::cli {
namespace {

Result<Outcome> Init(const Context& context, const std::string& path, const std::string& model_text) {
  LOTMARK_ASSIGN_OR_RETURN(const ModelName model, ModelName::Parse(model_text));
  LOTMARK_RETURN_IF_ERROR(CheckKeysOutside(path));
  LOTMARK_ASSIGN_OR_RETURN(const auto root, fs::CreatePosixDir(path));
  const store::NewVolume what{model, policy::DefaultPolicyBytes()};
  LOTMARK_ASSIGN_OR_RETURN(const auto outcome, store::Volume::Init(*root, what, context.NewVolumeOptions()));
  if (outcome == store::InitOutcome::kCreated) {
    LOTMARK_ASSIGN_OR_RETURN(const std::string key_path, JournalKeyPath(what.volume_id));
    const bool encrypted = std::getenv("LOTMARK_PASSPHRASE_FILE") != nullptr;
    PrintLine(fmt::format("journal key {} ({}); only who has it can change the volume", key_path,
                          encrypted ? "encrypted" : "not encrypted: it is this host's"));
  }
  PrintLine(outcome == store::InitOutcome::kCreated
                ? fmt::format("created volume {} for model {}", path, model.text())
                : fmt::format("{} is already a volume for model {}", path, model.text()));
  return Outcome::kDone;
}

// The manifest with digests and sizes filled in from the files beside it.
Result<std::string> Complete(std::string bytes, fs::Dir& folder) {
  LOTMARK_ASSIGN_OR_RETURN(auto completed, CompleteShowingProgress(bytes, folder));
  for (const std::string& field : completed.filled_in) PrintLine("filled in " + field);
  return std::move(completed.bytes);
}

Result<Outcome> Add(const Context& context, const std::string& path, bool complete) {
  LOTMARK_ASSIGN_OR_RETURN(const auto volume, context.OpenVolume());
  LOTMARK_ASSIGN_OR_RETURN(const NamedFile file, OpenFolderOf(path));
  LOTMARK_ASSIGN_OR_RETURN(const Bytes bytes, ReadFile(file, manifest::Manifest::kMaxBytes));
  std::string text(AsText(bytes));
  if (complete) {
    LOTMARK_ASSIGN_OR_RETURN(text, Complete(std::move(text), *file.folder));
  }
  ProgressBar bar("adding");
  auto added = volume->Register(*file.folder, std::move(text), bar.Function());
  if (!added) return std::move(added).error();
  const std::string what = fmt::format("{} {}", added->model.text(), added->version.text());
  PrintLine(added->outcome == store::RegisterOutcome::kRegistered ? "registered " + what
                                                                  : what + " is already registered");
  PrintLine("manifest_sha256 " + added->manifest_sha256.hex());
  return Outcome::kDone;
}

void PrintMove(const store::PointerMove& move) {
  const std::string what = fmt::format("{} {}", move.model.text(), move.active.text());
  if (move.outcome == store::MoveOutcome::kAlreadyActive) {
    PrintLine(what + " is already active");
  } else {
    PrintLine(fmt::format("{} is active{}", what, move.previous ? " (before: " + move.previous->text() + ")" : ""));
  }
  PrintLine("manifest_sha256 " + move.manifest_sha256.hex());
}

Result<Outcome> Activate(const Context& context, const std::string& version_text, const std::string& reason) {
  LOTMARK_ASSIGN_OR_RETURN(const Version version, Version::Parse(version_text));
  LOTMARK_ASSIGN_OR_RETURN(const auto volume, context.OpenVolume());
  LOTMARK_ASSIGN_OR_RETURN(const ModelName model, context.Model(volume->reader()));
  ProgressBar bar("verifying");
  auto moved = volume->Activate(model, version, reason, GoldenCheck(context),
                                govern::PolicyPermit(volume->reader(), AvailableMemory), bar.Function());
  if (!moved) return std::move(moved).error();
  PrintMove(*moved);
  return Outcome::kDone;
}

Result<Outcome> Rollback(const Context& context, const std::string& to_text, const std::string& reason) {
  std::optional<Version> to;
  if (!to_text.empty()) {
    LOTMARK_ASSIGN_OR_RETURN(to, Version::Parse(to_text));
  }
  LOTMARK_ASSIGN_OR_RETURN(const auto volume, context.OpenVolume());
  LOTMARK_ASSIGN_OR_RETURN(const ModelName model, context.Model(volume->reader()));
  ProgressBar bar("verifying");
  auto moved = volume->Rollback(model, to, reason, GoldenCheck(context), bar.Function());
  if (!moved) return std::move(moved).error();
  PrintMove(*moved);
  return Outcome::kDone;
}

}  // namespace

void AddInit(Registrar& registrar) {
  CLI::App* command = AddCommand(registrar, "init", "Make a folder a model volume",
                                 "lotmark init /srv/derm-models --model efficientnet_b4_isic", {Takes::kActor});
  auto path = std::make_shared<std::string>();
  command->add_option("VOLUME", *path, "Folder; made when it is missing")->required();
  command->add_option("--model", registrar.common.model, "Name of the volume's primary model")->required();
  command->callback([&registrar, path] {
    registrar.action = [path, &registrar](const Context& context) {
      return Init(context, *path, registrar.common.model);
    };
  });
}

void AddAdd(Registrar& registrar) {
  CLI::App* command = AddCommand(
      registrar, "add", "Register the version that a manifest describes, copying the files beside it",
      "lotmark add export/2024-v1/model-manifest.json --volume /srv/derm-models", {Takes::kVolume, Takes::kActor});
  auto path = std::make_shared<std::string>();
  auto complete = std::make_shared<bool>(false);
  command->add_option("MANIFEST", *path, "Path of a model-manifest.json")->required();
  command->add_flag("--complete", *complete, "Fill in missing digests and sizes on the way in");
  command->callback([&registrar, path, complete] {
    registrar.action = [path, complete](const Context& context) { return Add(context, *path, *complete); };
  });
}

void AddActivate(Registrar& registrar) {
  CLI::App* command = AddCommand(registrar, "activate", "Make a registered version the active one",
                                 "lotmark activate 2024-v1 --reason \"ISIC 2024 retraining, report DR-118\"",
                                 {Takes::kVolumeAndModel, Takes::kActor});
  auto version = std::make_shared<std::string>();
  auto reason = std::make_shared<std::string>();
  command->add_option("VERSION", *version, "Version to activate")->required();
  command->add_option("--reason", *reason, "Why; it goes into the history")->required();
  command->callback([&registrar, version, reason] {
    registrar.action = [version, reason](const Context& context) { return Activate(context, *version, *reason); };
  });
}

void AddRollback(Registrar& registrar) {
  CLI::App* command = AddCommand(registrar, "rollback", "Go back to the version that was active before",
                                 "lotmark rollback --reason \"more false alarms than before\"",
                                 {Takes::kVolumeAndModel, Takes::kActor});
  auto to = std::make_shared<std::string>();
  auto reason = std::make_shared<std::string>();
  command->add_option("--to", *to, "An earlier active version (default: the one before)");
  command->add_option("--reason", *reason, "Why; it goes into the history")->required();
  command->callback([&registrar, to, reason] {
    registrar.action = [to, reason](const Context& context) { return Rollback(context, *to, *reason); };
  });
}

}  // namespace lotmark::cli
