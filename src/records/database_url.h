// Which records database a URL means. Today `sqlite:///abs/path.db`; a second scheme is a second member here.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace lotmark::records {

struct SqliteUrl {
  std::string path;  // absolute, literal
};

// kRefused: another scheme, a path that is not absolute or names no file, or a character that would not mean itself
// ('%', '?', '#', NUL and other control characters).
Result<SqliteUrl> ParseDatabaseUrl(std::string_view url);

}  // namespace lotmark::records
