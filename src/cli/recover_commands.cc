// recover, repair: what puts a volume right.
#include <fmt/core.h>

#include <memory>

#include "cli/commands.h"
#include "store/repair.h"

namespace lotmark::cli {
namespace {

Result<Outcome> Recover(const Context& context, bool accept_restored, const std::string& reason) {
  if (accept_restored == reason.empty()) {
    return Error{ErrorCode::kUsage, "--reason belongs to --accept-restored, and it to --reason"};
  }
  LOTMARK_ASSIGN_OR_RETURN(const auto volume, context.OpenVolume());
  if (!accept_restored) {
    LOTMARK_RETURN_IF_ERROR(volume->Recover());
    PrintLine("nothing is left open");
    return Outcome::kDone;
  }
  LOTMARK_RETURN_IF_ERROR(volume->AcceptRestored(reason));
  PrintLine("the journal is accepted as it is");
  return Outcome::kDone;
}

Result<Outcome> Repair(const Context& context, const std::string& reason) {
  LOTMARK_ASSIGN_OR_RETURN(const auto volume, context.OpenVolume());
  LOTMARK_ASSIGN_OR_RETURN(const auto repairs, store::RepairPointers(volume->Place(), volume->reader(), reason));
  for (const store::Repair& one : repairs) {
    PrintLine(fmt::format("{}: the pointer names {} again; {}", one.model.text(),
                          one.version ? one.version->text() : "nothing", one.was));
  }
  if (repairs.empty()) PrintLine("every pointer is as the journal says");
  return Outcome::kDone;
}

}  // namespace

void AddRecover(Registrar& registrar) {
  CLI::App* command = AddCommand(registrar, "recover", "Complete or abandon what a dead command left open",
                                 "lotmark recover --accept-restored --reason \"restored from the backup of 1 March\"",
                                 {Takes::kVolume, Takes::kActor});
  auto accept = std::make_shared<bool>(false);
  auto reason = std::make_shared<std::string>();
  command->add_flag("--accept-restored", *accept,
                    "Say that this journal is right although it does not extend the remembered one");
  command->add_option("--reason", *reason, "Why; it goes into the history");
  command->callback([&registrar, accept, reason] {
    registrar.action = [accept, reason](const Context& context) { return Recover(context, *accept, *reason); };
  });
}

void AddRepair(Registrar& registrar) {
  CLI::App* command =
      AddCommand(registrar, "repair", "Make the pointers again as the journal says",
                 "lotmark repair --reason \"the copy tool followed the links\"", {Takes::kVolume, Takes::kActor});
  auto reason = std::make_shared<std::string>();
  command->add_option("--reason", *reason, "Why; it goes into the history")->required();
  command->callback([&registrar, reason] {
    registrar.action = [reason](const Context& context) { return Repair(context, *reason); };
  });
}

}  // namespace lotmark::cli
