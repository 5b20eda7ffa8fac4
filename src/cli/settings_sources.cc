#include "cli/settings_sources.h"

#include <fmt/core.h>

#include <algorithm>
#include <cstdlib>

#include "base/encoding.h"
#include "cli/context.h"
#include "cli/forms.h"
#include "fs/operator_file.h"

namespace lotmark::cli {
namespace {

// `error`, said of the value at `where`, as kUsage: starting again would not help.
Error At(const std::string& where, Error error) {
  error.code = ErrorCode::kUsage;
  return Prefixed(where, std::move(error));
}

std::string ValueOf(const char* variable) {
  const char* const value = std::getenv(variable);
  return value != nullptr ? value : "";
}

Status TakeFile(ResolvedSettings& settings) {
  const std::string file = Printable(settings.file);
  auto text = fs::ReadOperatorFile(settings.file, fs::Privacy::kPublic);
  if (!text) return Prefixed("settings file", std::move(text).error());
  const auto json = ParseJson(*text);
  if (!json) return At(file, json.error());
  if (!json->is_object()) return At(file, Refused("it must hold one JSON object"));
  for (const auto& [key, value] : json->items()) {
    const auto all = AllSettings();
    const auto setting =
        std::find_if(all.begin(), all.end(), [&wanted = key](const Setting& one) { return one.key() == wanted; });
    if (setting == all.end()) return At(file, Refused(Printable(key) + ": there is no such setting"));
    if (Status set = setting->SetJson(settings.values, value); !set) {
      return At(file + ": " + key, std::move(set).error());
    }
    settings.sources[setting->name] = Source::kFile;
  }
  return Ok();
}

Status TakeText(ResolvedSettings& settings, const Setting& setting, const std::string& where, const std::string& text,
                Source source) {
  if (Status set = setting.SetText(settings.values, text); !set) {
    return At(fmt::format("{} '{}'", where, Printable(text, 80)), std::move(set).error());
  }
  settings.sources[setting.name] = source;
  return Ok();
}

std::string SourceText(const ResolvedSettings& settings, const Setting& setting) {
  switch (settings.sources.at(setting.name)) {
    case Source::kFlag:
      return setting.flag();
    case Source::kEnvironment:
      return "$" + setting.variable();
    case Source::kFile:
      return Printable(settings.file);
    case Source::kDefault:
      break;
  }
  return "default";
}

const char* SourceName(Source source) {
  switch (source) {
    case Source::kFlag:
      return "flag";
    case Source::kEnvironment:
      return "environment";
    case Source::kFile:
      return "file";
    case Source::kDefault:
      break;
  }
  return "default";
}

void PrintAsJson(const ResolvedSettings& settings) {
  Json list = Json::array();
  for (const Setting& setting : AllSettings()) {
    Json one{{"name", setting.name},
             {"flag", setting.flag()},
             {"environment", setting.variable()},
             {"key", setting.key()},
             {"value", setting.Get(settings.values)},
             {"source", SourceName(settings.sources.at(setting.name))},
             {"default", setting.Get({})}};
    if (!setting.automatic.empty()) one["automatic"] = setting.automatic;
    one["applies"] = setting.applies == Applies::kAtReload ? "reload" : "restart";
    list.push_back(std::move(one));
  }
  PrintJson({{"file", settings.file.empty() ? Json() : Json(settings.file)}, {"settings", std::move(list)}});
}

}  // namespace

Result<ResolvedSettings> ResolveSettings(const GivenSettings& given) {
  ResolvedSettings settings;
  for (const Setting& setting : AllSettings()) settings.sources[setting.name] = Source::kDefault;
  settings.file = given.config.empty() ? ValueOf("LOTMARK_CONFIG") : given.config;
  if (!settings.file.empty()) LOTMARK_RETURN_IF_ERROR(TakeFile(settings));
  for (const Setting& setting : AllSettings()) {
    const auto flag = given.flags.find(setting.name);
    const std::string variable = ValueOf(setting.variable().c_str());
    if (flag != given.flags.end()) {
      LOTMARK_RETURN_IF_ERROR(TakeText(settings, setting, setting.flag(), flag->second, Source::kFlag));
    } else if (!variable.empty()) {
      LOTMARK_RETURN_IF_ERROR(TakeText(settings, setting, setting.variable(), variable, Source::kEnvironment));
    }
  }
  LOTMARK_RETURN_IF_ERROR(CheckTogether(settings.values));
  return settings;
}

void PrintSettings(const ResolvedSettings& settings, bool json) {
  if (json) return PrintAsJson(settings);
  std::vector<std::vector<std::string>> rows{{"SETTING", "VALUE", "FROM"}};
  for (const Setting& setting : AllSettings()) {
    rows.push_back({setting.name, setting.Text(settings.values), SourceText(settings, setting)});
  }
  PrintLine(Table(rows));
}

SettingsChange AdoptChanges(ResolvedSettings& current, ResolvedSettings next) {
  SettingsChange change;
  // A server that began with TLS stays one, and one without too.
  const bool same_transport = current.values.tls_cert.empty() == next.values.tls_cert.empty();
  ServeSettings& now = current.values;
  for (const Setting& setting : AllSettings()) {
    const std::string before = setting.Text(now);
    const std::string after = setting.Text(next.values);
    const bool tls = setting.name == "tls-cert" || setting.name == "tls-key";
    const bool may_change = setting.applies == Applies::kAtReload && (same_transport || !tls);
    if (before != after) {
      (may_change ? change.applied : change.needs_restart)
          .push_back(fmt::format("{}: {} -> {}", setting.name, before, after));
    }
    if (!may_change) continue;
    std::visit(
        [&](const auto& field) {
          if constexpr (std::is_member_pointer_v<std::decay_t<decltype(field)>>) {
            now.*field = next.values.*field;
          } else {
            now.*field.field = next.values.*field.field;
          }
        },
        setting.field);
    current.sources[setting.name] = next.sources[setting.name];
  }
  return change;
}

}  // namespace lotmark::cli
