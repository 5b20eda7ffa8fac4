#include "fs/path.h"

#include "base/encoding.h"

namespace lotmark::fs {
namespace {

Error BadPath(std::string_view path, const std::string& why) {
  return Refused("path not allowed: '" + Printable(path) + "': " + why);
}

}  // namespace

std::vector<std::string_view> Components(std::string_view path) {
  std::vector<std::string_view> components;
  if (path.empty()) return components;
  while (true) {
    const size_t slash = path.find('/');
    components.push_back(path.substr(0, slash));
    if (slash == std::string_view::npos) return components;
    path.remove_prefix(slash + 1);
  }
}

Status CheckPath(std::string_view path) {
  if (path.empty()) return BadPath(path, "it is empty");
  if (path.size() > kMaxPathBytes) return BadPath(path, "longer than " + std::to_string(kMaxPathBytes) + " bytes");
  if (path.front() == '/') return BadPath(path, "only relative paths are accepted");
  if (path.find('\0') != std::string_view::npos) return BadPath(path, "it holds a NUL byte");
  for (std::string_view component : Components(path)) {
    if (component.empty()) return BadPath(path, "it has an empty component");
    if (component == "." || component == "..") return BadPath(path, "'.' and '..' are not accepted");
    if (component.size() > kMaxComponentBytes) {
      return BadPath(path, "a component is longer than " + std::to_string(kMaxComponentBytes) + " bytes");
    }
  }
  return Ok();
}

Status CheckName(std::string_view name) {
  LOTMARK_RETURN_IF_ERROR(CheckPath(name));
  if (name.find('/') != std::string_view::npos) return BadPath(name, "one component is wanted, without '/'");
  return Ok();
}

Status CheckRename(std::string_view from, std::string_view to) {
  LOTMARK_RETURN_IF_ERROR(CheckPath(from));
  LOTMARK_RETURN_IF_ERROR(CheckPath(to));
  if (to == from || to.starts_with(std::string(from) + "/")) {
    return BadPath(to, "an entry cannot be renamed to itself or beneath itself");
  }
  return Ok();
}

Status CheckLinkText(std::string_view text) {
  if (text.empty()) return Refused("link text not allowed: it is empty");
  if (text.size() > kMaxPathBytes) return Refused("link text not allowed: it is too long");
  if (text.find('\0') != std::string_view::npos) return Refused("link text not allowed: it holds a NUL byte");
  return Ok();
}

ParentAndName SplitPath(std::string_view path) {
  const size_t slash = path.rfind('/');
  if (slash == std::string_view::npos) return {{}, path};
  return {path.substr(0, slash), path.substr(slash + 1)};
}

}  // namespace lotmark::fs
