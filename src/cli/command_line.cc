#include "cli/command_line.h"

#include <fmt/core.h>

#include <cstdio>
#include <cstdlib>

#include "base/encoding.h"
#include "cli/commands.h"

namespace lotmark::cli {
namespace {

int ExitCodeOf(ErrorCode code) {
  switch (code) {
    case ErrorCode::kUsage:
      return 2;
    case ErrorCode::kMachine:
    case ErrorCode::kNoSpace:
    case ErrorCode::kUnconfirmed:
      return 3;
    default:
      return 1;
  }
}

int Report(const Error& error) {
  PrintErrorLine("lotmark: " + error.text);
  if (!error.hint.empty()) PrintErrorLine("hint: " + error.hint);
  return ExitCodeOf(error.code);
}

std::string VersionText(const Toolbox& toolbox) {
  std::string text = "lotmark " + toolbox.program_version + "\nruntimes:";
  for (const runtime::Runtime* one : toolbox.runtimes) {
    text += fmt::format(" {} {} ({})", one->name(), one->version(), manifest::FormatName(one->format()));
  }
  return text;
}

// Environment variables stand in for options that were not given. Not CLI11's envname: it would apply the variable for
// every command that knows the option, also over the chosen command's own value.
void FillFromEnvironment(CommonOptions& common) {
  const auto fill = [](std::string& option, const char* variable) {
    const char* const value = std::getenv(variable);
    if (option.empty() && value != nullptr) option = value;
  };
  fill(common.volume, "LOTMARK_VOLUME");
  fill(common.records, "LOTMARK_RECORDS");
  fill(common.actor, "LOTMARK_ACTOR");
}

}  // namespace

CLI::App* AddCommand(Registrar& registrar, const std::string& name, const std::string& summary,
                     const std::string& example, std::initializer_list<Takes> takes) {
  CLI::App* command = registrar.app.add_subcommand(name, summary);
  command->footer("Example:\n  " + example);
  CommonOptions& common = registrar.common;
  for (const Takes one : takes) {
    switch (one) {
      case Takes::kVolumeAndModel:
        command->add_option("--model", common.model, "Model name (default: the volume's primary model)");
        [[fallthrough]];
      case Takes::kVolume:
        command->add_option("--volume", common.volume, "Folder of the model volume (default: $LOTMARK_VOLUME)");
        command->add_option("--state", common.state,
                            "Folder that remembers how far journals went (default: $LOTMARK_STATE, else of this user)");
        break;
      case Takes::kRecords:
        command->add_option("--records", common.records,
                            "Records database, sqlite:///abs/path.db (default: $LOTMARK_RECORDS)");
        break;
      case Takes::kActor:
        command->add_option("--actor", common.actor,
                            "Who does this, for the history (default: $LOTMARK_ACTOR, else login@host)");
        break;
      case Takes::kJson:
        command->add_flag("--json", common.json, "Print JSON for programs");
        break;
    }
  }
  return command;
}

int Run(int argc, const char* const* argv, const Toolbox& toolbox) {
  CLI::App app(
      "Lotmark: every pill carries a lot number; every prediction should too.\n"
      "Manages the life of AI models that make clinical decisions.",
      "lotmark");
  app.set_version_flag("--version", VersionText(toolbox));
  app.require_subcommand(1);
  app.footer("`lotmark COMMAND --help` shows a command's options and an example.");

  CommonOptions common;
  Action action;
  Registrar registrar{app, common, action};
  AddInit(registrar);
  AddManifest(registrar);
  AddGolden(registrar);
  AddAdd(registrar);
  AddList(registrar);
  AddShow(registrar);
  AddVerify(registrar);
  AddActivate(registrar);
  AddRollback(registrar);
  AddUpdate(registrar);
  AddStatus(registrar);
  AddHistory(registrar);
  AddKeygen(registrar);
  AddApprove(registrar);
  AddApprovals(registrar);
  AddPolicy(registrar);
  AddKey(registrar);
  AddQuarantine(registrar);
  AddJournal(registrar);
  AddRecover(registrar);
  AddRepair(registrar);
  AddServe(registrar);
  AddClassify(registrar);
  AddTrace(registrar);
  AddRecords(registrar);

  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& wanted) {  // --help, --version
    return app.exit(wanted);
  } catch (const CLI::ParseError& wrong) {
    // CLI11 would only say that a subcommand is missing.
    const std::vector<std::string> left = app.remaining();
    if (app.get_subcommands().empty() && !left.empty()) {
      return Report({ErrorCode::kUsage, "unknown command '" + Printable(left.front(), 80) + "'",
                     "`lotmark --help` lists the commands."});
    }
    app.exit(wrong);
    return 2;
  }
  FillFromEnvironment(common);
  const Result<Outcome> outcome = action(Context(toolbox, common));
  const bool unwritten = std::fflush(stdout) != 0 || std::ferror(stdout) != 0;
  if (unwritten) return Report(MachineFailed("standard output cannot be written"));
  if (!outcome) return Report(outcome.error());
  return *outcome == Outcome::kDone ? 0 : 1;
}

}  // namespace lotmark::cli
