// The one check that every path given to a Dir passes, on the real disk and on the one in memory.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace lotmark::fs {

// The limits of Linux, the same on every Dir.
constexpr size_t kMaxComponentBytes = 255;
constexpr size_t kMaxPathBytes = 4095;

// kRefused unless `path` is one or more components joined by '/', none empty, "." or "..", without NUL.
Status CheckPath(std::string_view path);

// As CheckPath, and `name` is a single component.
Status CheckName(std::string_view name);

// CheckPath of both, and kRefused when `to` is `from` or lies beneath it.
Status CheckRename(std::string_view from, std::string_view to);

// kRefused unless `text` can be the text of a symbolic link: not empty, without NUL, within kMaxPathBytes.
Status CheckLinkText(std::string_view text);

// REQUIRES: CheckPath(path). "a/b/c" -> parent "a/b", name "c"; "c" -> parent "", name "c".
struct ParentAndName {
  std::string_view parent;
  std::string_view name;
};
ParentAndName SplitPath(std::string_view path);

// REQUIRES: CheckPath(path), or path is "" (no components). The components borrow from `path`.
std::vector<std::string_view> Components(std::string_view path);

}  // namespace lotmark::fs
