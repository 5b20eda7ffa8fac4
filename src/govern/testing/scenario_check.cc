#include "govern/testing/scenario_check.h"

#include <algorithm>

#include "base/uuid.h"
#include "govern/testing/scenario_commands.h"
#include "store/status.h"
#include "store/testing/test_volume.h"
#include "store/verification.h"

namespace lotmark::govern {
namespace {

using namespace store;  // the commands are its

constexpr size_t kUuidBytes = 36;

// What a service sees that starts before anybody recovers.
std::string CheckReaders(const Scenario& scenario, fs::MemFs& machine) {
  if (!IsScenarioVolume(machine)) return "";
  const auto volume = OpenScenarioVolume(machine);
  if (!volume) return "a reader cannot open it: " + volume.error().text;
  const Reader& reader = (*volume)->reader();
  const auto active = reader.ActiveVersion(Model("lesion_cnn"));
  if (!active) return "a reader cannot read the pointer: " + active.error().text;
  if (!*active) return "";
  const std::string named = ", active " + (*active)->text();
  const auto names_it = [&](const std::string& state) { return state.find(named) != std::string::npos; };
  if (std::none_of(scenario.states.begin(), scenario.states.end(), names_it)) {
    return "a reader finds the pointer" + named;
  }
  const auto opened = reader.OpenVersion(Model("lesion_cnn"), **active);
  if (!opened) return "a reader cannot open the active version: " + opened.error().text;
  const auto report = VerifyVersion(*opened, opened->manifest.digest(), {});
  return report && report->ok() ? "" : "a reader finds the active version damaged";
}

std::string PathsThatDiffer(const std::set<std::string>& a, const std::set<std::string>& b) {
  std::vector<std::string> differ;
  std::set_symmetric_difference(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(differ));
  std::string text;
  for (const std::string& path : differ) text += path + " ";
  return text;
}

// Events, pointer and files agree, and nothing is left over.
std::string CheckConsistent(fs::MemFs& machine) {
  const auto volume = OpenScenarioVolume(machine);
  if (!volume) return "cannot open: " + volume.error().text;
  const auto status = ReadStatus((*volume)->reader());
  if (!status) return "no status: " + status.error().text;
  if (status->recovery_pending) return "recovery is pending after recovery";
  const auto report = Verify((*volume)->reader(), {});
  if (!report) return "cannot verify: " + report.error().text;
  if (!report->problems.empty()) return report->problems[0];
  if (!report->ok()) return report->Bad()[0].Message();
  for (const auto& [path, what] : TreeOf((*volume)->reader().root())) {
    if (path.find(".tmp-") != std::string::npos) return "left over: " + path;
  }
  return "";
}

// "" when of the command that was not acknowledged nothing is done, or all.
std::string CheckOldOrNew(const Scenario& scenario, fs::MemFs& machine, size_t acknowledged) {
  const std::string state = StateOfVolume(machine);
  const std::set<std::string> paths = PathsOfVolume(machine);
  std::string wrong = "neither old nor new: " + state;
  for (size_t k = acknowledged; k <= std::min(acknowledged + 1, scenario.commands.size()); ++k) {
    if (state != scenario.states[k]) continue;
    if (paths == scenario.paths[k]) return "";
    wrong = "files are left over or gone: " + PathsThatDiffer(paths, scenario.paths[k]);
  }
  return wrong;
}

}  // namespace

std::string CheckAfterwards(const Scenario& scenario, fs::MemFs& machine, size_t acknowledged) {
  const auto still_broken = [&] { return scenario.begins_broken && StateOfVolume(machine) == scenario.states.front(); };
  if (std::string wrong = still_broken() ? "" : CheckReaders(scenario, machine); !wrong.empty()) return wrong;
  const bool all = acknowledged == scenario.commands.size();
  if (const std::string found = StateOfVolume(machine); all && found != scenario.states.back()) {
    return "what was acknowledged is lost: " + found;
  }
  const auto allowed = [&](const Status& done) {
    return done || (done.error().code == ErrorCode::kRefused && still_broken());
  };
  const Status recovered = RecoverScenario(machine);
  if (!allowed(recovered)) return "recovery failed: " + recovered.error().text;
  if (std::string wrong = CheckOldOrNew(scenario, machine, acknowledged); !wrong.empty()) return wrong;
  if (std::string wrong = still_broken() ? "" : CheckConsistent(machine); !wrong.empty()) return wrong;

  const std::string contents = machine.Contents();
  const Status again = RecoverScenario(machine);
  if (!allowed(again)) return "the second recovery failed: " + again.error().text;
  if (machine.Contents() != contents) return "the second recovery changed something";

  for (size_t k = acknowledged; k < scenario.commands.size(); ++k) {
    const Status repeated = scenario.commands[k](machine);
    if (!repeated) return "a command cannot be repeated: " + repeated.error().text;
  }
  if (StateOfVolume(machine) != scenario.states.back()) return "repeated, but not new: " + StateOfVolume(machine);
  return CheckConsistent(machine);
}

std::string Fingerprint(const fs::MemFs& machine) {
  std::string text = machine.Contents();
  for (size_t at = 0; at + kUuidBytes <= text.size(); ++at) {
    const bool dashes = text[at + 8] == '-' && text[at + 13] == '-' && text[at + 18] == '-' && text[at + 23] == '-';
    if (dashes && Uuid::Parse(std::string_view(text).substr(at, kUuidBytes))) {
      text.replace(at, kUuidBytes, "<uuid>");
    }
  }
  return text;
}

}  // namespace lotmark::govern
