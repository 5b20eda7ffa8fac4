// Where the settings of `lotmark serve` come from: command line over environment over file over default.
//
// Why a file of strict JSON: unknown names, names twice and values of the wrong type are refused by the parser that
// already reads manifests, so no setting is ever dropped in silence. CLI11 could read TOML and INI itself, but it puts
// such a file above the environment.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "cli/serve_settings.h"

namespace lotmark::cli {

enum class Source { kDefault, kFile, kEnvironment, kFlag };

// As the command line gave them.
struct GivenSettings {
  std::string config;                        // --config
  std::map<std::string, std::string> flags;  // name of a setting -> text
};

struct ResolvedSettings {
  ServeSettings values;
  std::map<std::string, Source> sources;  // of every setting, by name
  std::string file;                       // "" = none
};

// Reads the environment and the file now. kUsage: a value, a name or the file's syntax is wrong; the text says where.
Result<ResolvedSettings> ResolveSettings(const GivenSettings& given);

// --show-config: every setting, its value, and where that comes from.
void PrintSettings(const ResolvedSettings& settings, bool json);

// What became of a change of settings while the service runs.
struct SettingsChange {
  std::vector<std::string> applied;        // "idle-timeout-seconds: 120 -> 60"
  std::vector<std::string> needs_restart;  // the same, of what stays as it was
};

// Of what `next` holds, `current` gets what may change at run time.
SettingsChange AdoptChanges(ResolvedSettings& current, ResolvedSettings next);

}  // namespace lotmark::cli
