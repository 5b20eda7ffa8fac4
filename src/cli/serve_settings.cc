#include "cli/serve_settings.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>

#include "base/encoding.h"
#include "cli/listen_address.h"

namespace lotmark::cli {
namespace {

using S = ServeSettings;
constexpr int64_t kDay = 86'400;

template <typename... Cases>
struct Match : Cases... {
  using Cases::operator()...;
};
template <typename... Cases>
Match(Cases...) -> Match<Cases...>;

Error Usage(std::string text) { return {ErrorCode::kUsage, std::move(text)}; }

std::vector<Setting> MakeTable() {
  using enum Applies;
  return {
      {"volume", "FOLDER", "Folder of the model volume", kAtRestart, &S::volume, "none"},
      {"model", "NAME", "Model name", kAtRestart, &S::model, "the volume's primary model"},
      {"records", "URL", "Records database, sqlite:///abs/path.db", kAtRestart, &S::records, "none"},
      {"listen", "HOST:PORT", "Address to listen on; port 0 = any free one", kAtRestart, &S::listen},
      {"allow-remote-unauthenticated", "", "Allow an address that other machines reach", kAtRestart, &S::allow_remote},
      {"replica", "NAME", "Name of this service in rows and events", kAtRestart, &S::replica, "login@host"},
      {"keep-previous", "", "Keep the version that served before loaded, so that a rollback is immediate", kAtRestart,
       &S::keep_previous},
      {"journal-key", "FILE", "Public key that must have signed the volume's journal", kAtRestart, &S::journal_key,
       "the one that the volume names"},
      {"state", "FOLDER", "Where the last seen state of the journal is kept, outside the volume", kAtRestart, &S::state,
       "none"},
      {"tls-cert", "FILE", "Certificate and those between it and the root, PEM: serve HTTPS", kAtReload, &S::tls_cert,
       "no TLS"},
      {"tls-key", "FILE", "Private key of the certificate, PEM, readable by nobody else", kAtReload, &S::tls_key,
       "no TLS"},
      {"workers", "N", "Classifications at a time", kAtRestart, Setting::Number{&S::workers, 1, 1024}, "one per core"},
      {"queue", "N", "Classifications that may wait", kAtRestart, Setting::Number{&S::queue, 1, 100'000},
       "4 per worker"},
      {"deadline-seconds", "N", "How long a classification may wait for a worker", kAtRestart,
       Setting::Number{&S::deadline_seconds, 1, 3600}},
      {"max-connections", "N", "Connections at a time; more are answered 503", kAtReload,
       Setting::Number{&S::max_connections, 1, 1'000'000}, "as the limit of open files allows"},
      {"max-downloads", "N", "Downloads at a time, 512 KiB of memory each", kAtReload,
       Setting::Number{&S::max_downloads, 1, 10'000}},
      {"max-body-mib", "N", "Largest request body, MiB", kAtReload, Setting::Number{&S::max_body_mib, 1, 1024}},
      {"max-bodies-mib", "N", "Bodies of all requests together, MiB", kAtReload,
       Setting::Number{&S::max_bodies_mib, 1, 1 << 20}},
      {"handshake-timeout-seconds", "N", "For a TLS handshake", kAtReload,
       Setting::Number{&S::handshake_timeout_seconds, 1, 3600}},
      {"header-timeout-seconds", "N", "For the header of a request", kAtReload,
       Setting::Number{&S::header_timeout_seconds, 1, 3600}},
      {"body-timeout-seconds", "N", "For the body of a request", kAtReload,
       Setting::Number{&S::body_timeout_seconds, 1, 3600}},
      {"idle-timeout-seconds", "N", "Between two requests of a connection", kAtReload,
       Setting::Number{&S::idle_timeout_seconds, 1, kDay}},
      {"write-timeout-seconds", "N", "For a client to take a response, or a piece of a download", kAtReload,
       Setting::Number{&S::write_timeout_seconds, 1, 3600}},
      {"drain-notice-seconds", "N", "How long SIGTERM only turns /health/ready off before requests are refused",
       kAtReload, Setting::Number{&S::drain_notice_seconds, 0, 3600}},
      {"drain-seconds", "N", "How long SIGTERM then lets requests finish", kAtReload,
       Setting::Number{&S::drain_seconds, 0, 3600}},
      {"log-format", "text|json", "Form of the log; json: one object a line", kAtRestart,
       Setting::Choice{&S::log_format, {"text", "json"}}},
      {"decode-memory-mib", "N", "Most memory that all images being decoded may take together, MiB", kAtRestart,
       Setting::Number{&S::decode_memory_mib, 16, 1 << 20}},
  };
}

// The user's part of a database address may hold a password.
std::string WithoutPassword(const std::string& text) {
  const size_t begin = text.find("://");
  const size_t end = text.find('@');
  if (begin == std::string::npos || end == std::string::npos || end < begin) return text;
  const size_t colon = text.find(':', begin + 3);
  if (colon == std::string::npos || colon > end) return text;
  return text.substr(0, colon + 1) + "***" + text.substr(end);
}

std::string WithUnderscores(std::string name) {
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

Status SetChoice(ServeSettings& settings, const Setting::Choice& choice, const std::string& value) {
  if (std::find(choice.allowed.begin(), choice.allowed.end(), value) == choice.allowed.end()) {
    return Usage(fmt::format("it must be {}, not '{}'", fmt::join(choice.allowed, " or "), Printable(value, 80)));
  }
  settings.*choice.field = value;
  return Ok();
}

Error OutOfRange(const Setting::Number& number) {
  return Usage(fmt::format("it must be a whole number from {} to {}", number.least, number.most));
}

Status SetNumber(ServeSettings& settings, const Setting::Number& number, int64_t value) {
  if (value < number.least || value > number.most) return OutOfRange(number);
  settings.*number.field = value;
  return Ok();
}

}  // namespace

std::string Setting::key() const { return WithUnderscores(name); }

std::string Setting::variable() const {
  std::string text = "LOTMARK_" + key();
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::toupper(c); });
  return text;
}

Json Setting::Get(const ServeSettings& settings) const {
  return std::visit(Match{[&](std::string S::*text) {
                            const std::string& value = settings.*text;
                            return value.empty() && !automatic.empty() ? Json() : Json(WithoutPassword(value));
                          },
                          [&](bool S::*flag) { return Json(settings.*flag); },
                          [&](const Choice& choice) { return Json(settings.*choice.field); },
                          [&](const Number& number) {
                            const int64_t value = settings.*number.field;
                            return value == 0 && !automatic.empty() ? Json() : Json(value);
                          }},
                    field);
}

std::string Setting::Text(const ServeSettings& settings) const {
  const Json value = Get(settings);
  if (value.is_null()) return "(" + automatic + ")";
  return value.is_string() ? Printable(value.get<std::string>()) : DumpJson(value);
}

Status Setting::SetText(ServeSettings& settings, const std::string& text) const {
  return std::visit(Match{[&](std::string S::*member) -> Status {
                            settings.*member = text;
                            return Ok();
                          },
                          [&](bool S::*member) -> Status {
                            if (text != "true" && text != "false") return Usage("it must be true or false");
                            settings.*member = text == "true";
                            return Ok();
                          },
                          [&](const Choice& choice) { return SetChoice(settings, choice, text); },
                          [&](const Number& number) -> Status {
                            int64_t value = 0;
                            const char* const end = text.data() + text.size();
                            const auto [stopped, error] = std::from_chars(text.data(), end, value);
                            if (error != std::errc() || stopped != end) return OutOfRange(number);
                            return SetNumber(settings, number, value);
                          }},
                    field);
}

Status Setting::SetJson(ServeSettings& settings, const Json& value) const {
  return std::visit(Match{[&](std::string S::*member) -> Status {
                            if (!value.is_string() || value.get<std::string>().empty()) {
                              return Usage("it must be a string, and not empty");
                            }
                            settings.*member = value.get<std::string>();
                            return Ok();
                          },
                          [&](bool S::*member) -> Status {
                            if (!value.is_boolean()) return Usage("it must be true or false");
                            settings.*member = value.get<bool>();
                            return Ok();
                          },
                          [&](const Choice& choice) -> Status {
                            if (!value.is_string()) return Usage("it must be a string");
                            return SetChoice(settings, choice, value.get<std::string>());
                          },
                          [&](const Number& number) -> Status {
                            const bool fits =
                                value.is_number_integer() &&
                                (!value.is_number_unsigned() || value.get<uint64_t>() <= uint64_t{INT64_MAX});
                            if (!fits) return OutOfRange(number);
                            return SetNumber(settings, number, value.get<int64_t>());
                          }},
                    field);
}

std::span<const Setting> AllSettings() {
  static const std::vector<Setting> table = MakeTable();
  return table;
}

Status CheckTogether(const ServeSettings& settings) {
  if (settings.tls_cert.empty() != settings.tls_key.empty()) {
    return Usage(fmt::format("tls-cert and tls-key belong together: only {} is given",
                             settings.tls_key.empty() ? "tls-cert" : "tls-key"));
  }
  if (settings.max_bodies_mib < settings.max_body_mib) {
    return Usage(fmt::format("max-bodies-mib {}: less than one body may have (max-body-mib {})",
                             settings.max_bodies_mib, settings.max_body_mib));
  }
  LOTMARK_RETURN_IF_ERROR(ParseListenAddress(settings.listen));
  return Ok();
}

}  // namespace lotmark::cli
