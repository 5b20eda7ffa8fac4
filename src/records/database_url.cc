#include "records/database_url.h"

#include <algorithm>

#include "base/encoding.h"

namespace lotmark::records {
namespace {

constexpr std::string_view kSqlite = "sqlite://";

bool IsSurprising(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte < 0x20 || byte == 0x7F || c == '%' || c == '?' || c == '#';
}

}  // namespace

Result<SqliteUrl> ParseDatabaseUrl(std::string_view url) {
  const auto refuse = [&](const char* why) {
    return Refused("records database '" + Printable(url) + "': " + why,
                   "write it as sqlite:///absolute/path/records.db");
  };
  if (!url.starts_with(kSqlite)) return refuse("not a URL of a known kind");
  const std::string_view path = url.substr(kSqlite.size());
  if (!path.starts_with('/')) return refuse("the path is not absolute");
  if (std::any_of(path.begin(), path.end(), IsSurprising)) {
    return refuse("the path is taken literally, so '%', '?', '#' and control characters are refused");
  }
  const std::string_view file = path.substr(path.rfind('/') + 1);
  if (file.empty() || file == "." || file == "..") return refuse("the path names no file");
  return SqliteUrl{std::string(path)};
}

}  // namespace lotmark::records
