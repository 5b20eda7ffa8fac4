// The settings of `lotmark serve`: one table says what each is called, what it may be, and whether it can change while
// the service runs. The command line, the environment, the settings file (doc/settings.md), --show-config and SIGHUP
// all go by it.
//
// A setting called "drain-seconds" is --drain-seconds on the command line, LOTMARK_DRAIN_SECONDS in the environment and
// "drain_seconds" in the file.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "classify/decode_memory.h"

namespace lotmark::cli {

// Empty and 0 mean that the service finds a value itself.
struct ServeSettings {
  std::string volume = {};
  std::string model = {};
  std::string records = {};
  std::string listen = "127.0.0.1:8090";
  bool allow_remote = false;
  std::string replica = {};
  bool keep_previous = false;
  std::string journal_key = {};
  std::string state = {};
  std::string tls_cert = {};
  std::string tls_key = {};
  int64_t workers = 0;
  int64_t queue = 0;
  int64_t deadline_seconds = 30;
  int64_t max_connections = 0;
  int64_t max_downloads = 64;
  int64_t max_body_mib = 16;
  int64_t max_bodies_mib = 256;
  int64_t handshake_timeout_seconds = 10;
  int64_t header_timeout_seconds = 10;
  int64_t body_timeout_seconds = 30;
  int64_t idle_timeout_seconds = 120;
  int64_t write_timeout_seconds = 60;
  int64_t drain_notice_seconds = 0;
  int64_t drain_seconds = 30;
  std::string log_format = "text";
  int64_t decode_memory_mib = classify::DecodeMemory::kDefaultLimit >> 20;
};

enum class Applies { kAtReload, kAtRestart };

struct Setting {
  struct Choice {
    std::string ServeSettings::*field;
    std::vector<std::string_view> allowed;
  };
  struct Number {
    int64_t ServeSettings::*field;
    int64_t least;
    int64_t most;
  };

  std::string name;
  std::string kind;  // for --help: "FILE", "N"
  std::string help;
  Applies applies;
  std::variant<std::string ServeSettings::*, bool ServeSettings::*, Choice, Number> field;
  std::string automatic = {};  // what an empty or 0 value stands for: "one per core"

  std::string flag() const { return "--" + name; }
  std::string variable() const;  // "LOTMARK_DRAIN_SECONDS"
  std::string key() const;       // "drain_seconds"

  Json Get(const ServeSettings& settings) const;
  // The value as a person reads it, what is automatic in parentheses, no password.
  std::string Text(const ServeSettings& settings) const;
  // Both: kUsage when the value is none of this setting's; the text says why, the caller where.
  Status SetText(ServeSettings& settings, const std::string& text) const;
  Status SetJson(ServeSettings& settings, const Json& value) const;
};

// In the order in which they are shown.
std::span<const Setting> AllSettings();

// What cannot be said of one setting alone. kUsage.
Status CheckTogether(const ServeSettings& settings);

}  // namespace lotmark::cli
