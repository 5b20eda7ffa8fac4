#include <algorithm>
#include <map>

#include "base/encoding.h"
#include "manifest/check.h"

namespace lotmark::manifest {
namespace {

// A volume may be copied to a file system that folds case. ASCII only: what other letters fold to differs by system.
std::string Folded(std::string_view text) {
  std::string folded(text);
  std::transform(folded.begin(), folded.end(), folded.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return folded;
}

const char* WhyComponentIsRefused(std::string_view component) {
  if (component.empty()) return "a part between '/' is empty";
  if (component == ".") return "it has the part '.'";
  if (component == "..") return "it would leave the manifest's folder";
  if (component.size() > 255) return "a part has more than 255 bytes";
  return nullptr;
}

const char* WhyRefused(std::string_view path) {
  if (path.empty()) return "it is empty";
  if (path.size() > 1024) return "it has more than 1024 bytes";
  if (path.front() == '/') return "it must be relative to the manifest's folder";
  if (path.find('\\') != std::string_view::npos) return "it has a backslash";
  if (Printable(path, path.size()) != path) return "it has control characters";
  for (std::string_view rest = path;;) {
    const size_t slash = rest.find('/');
    if (const char* why = WhyComponentIsRefused(rest.substr(0, slash))) return why;
    if (slash == std::string_view::npos) break;
    rest.remove_prefix(slash + 1);
  }
  return Folded(path) == kManifestFile ? "it is the name of the manifest itself" : nullptr;
}

}  // namespace

Status CheckPath(std::string_view path) {
  if (const char* why = WhyRefused(path)) {
    return Refused("'" + Printable(path, 80) + "' is not a path that a manifest may name: " + why);
  }
  return Ok();
}

Status CheckPathsDiffer(const std::vector<FileRef>& files) {
  std::map<std::string, const FileRef*> seen;
  for (const FileRef& file : files) {
    const auto [first, is_new] = seen.emplace(Folded(file.path), &file);
    if (!is_new) {
      return Refused(file.field + ": the path '" + file.path + "' is taken by " + first->second->field +
                     "; paths must differ by more than case");
    }
  }
  for (const FileRef& file : files) {
    for (size_t slash = file.path.find('/'); slash != std::string::npos; slash = file.path.find('/', slash + 1)) {
      const auto folder = seen.find(Folded(file.path.substr(0, slash)));
      if (folder == seen.end()) continue;
      return Refused(file.field + ": the path '" + file.path + "' lies beneath '" + folder->second->path +
                     "', which is the file of " + folder->second->field);
    }
  }
  return Ok();
}

}  // namespace lotmark::manifest
