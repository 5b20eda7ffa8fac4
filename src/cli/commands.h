// The commands: each function adds one to the command line and says what to run when it is chosen.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>

#include "cli/context.h"

namespace lotmark::cli {

// What the chosen command does; set by the parser's callback, run after parsing.
using Action = std::function<Result<Outcome>(const Context&)>;

// One command being put together. `app` is where it is added; `action` is set when it is chosen.
struct Registrar {
  CLI::App& app;
  CommonOptions& common;
  Action& action;
};

// Which common options a command takes.
enum class Takes { kVolume, kVolumeAndModel, kRecords, kActor, kJson };

// Adds a command with its help: `summary` in the list, `example` at the end of its own help.
CLI::App* AddCommand(Registrar& registrar, const std::string& name, const std::string& summary,
                     const std::string& example, std::initializer_list<Takes> takes);

// volume_commands.cc: change the volume
void AddInit(Registrar& registrar);
void AddAdd(Registrar& registrar);
void AddActivate(Registrar& registrar);
void AddRollback(Registrar& registrar);
// update_command.cc
void AddUpdate(Registrar& registrar);
// reading_commands.cc: look at the volume
void AddList(Registrar& registrar);
void AddShow(Registrar& registrar);
void AddVerify(Registrar& registrar);
void AddHistory(Registrar& registrar);
// status_command.cc
void AddStatus(Registrar& registrar);
// manifest_command.cc
void AddManifest(Registrar& registrar);
// approval_commands.cc
void AddKeygen(Registrar& registrar);
void AddApprove(Registrar& registrar);
// golden_command.cc, and of it golden_record_command.cc
void AddGolden(Registrar& registrar);
void AddGoldenRecord(Registrar& registrar);
// classify_command.cc
void AddClassify(Registrar& registrar);
// records_commands.cc
void AddTrace(Registrar& registrar);
void AddRecords(Registrar& registrar);
// approve_commands.cc: the half that needs the volume
void AddApproveRequest(Registrar& registrar);
void AddApproveImport(Registrar& registrar);
void AddApprovals(Registrar& registrar);
// policy_commands.cc
void AddPolicy(Registrar& registrar);
void AddKey(Registrar& registrar);
// quarantine_command.cc
void AddQuarantine(Registrar& registrar);
// journal_commands.cc
void AddJournal(Registrar& registrar);
// recover_commands.cc
void AddRecover(Registrar& registrar);
void AddRepair(Registrar& registrar);
// serve_command.cc
void AddServe(Registrar& registrar);

}  // namespace lotmark::cli
