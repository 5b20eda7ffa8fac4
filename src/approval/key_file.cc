#include "approval/key_file.h"

#include <pwd.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <filesystem>

#include "base/encoding.h"
#include "fs/file_ops.h"
#include "fs/operator_file.h"
#include "fs/posix_fs.h"

namespace lotmark::approval {
namespace {

namespace stdfs = std::filesystem;

// "" when unset. The XDG specification wants a relative path ignored.
std::string AbsoluteFromEnvironment(const char* variable) {
  const char* const value = std::getenv(variable);
  return value != nullptr && value[0] == '/' ? value : "";
}

std::string HomeFolder() {
  if (std::string home = AbsoluteFromEnvironment("HOME"); !home.empty()) return home;
  std::array<char, 4096> buffer{};
  passwd entry{};
  passwd* found = nullptr;
  getpwuid_r(getuid(), &entry, buffer.data(), buffer.size(), &found);
  return found != nullptr && found->pw_dir[0] == '/' ? found->pw_dir : "";
}

Status WriteKeyFile(const std::string& path, std::string_view pem, fs::Access access) {
  const stdfs::path whole(path);
  const std::string folder_path = whole.parent_path().string();
  LOTMARK_ASSIGN_OR_RETURN(const auto folder, fs::CreatePosixDir(folder_path.empty() ? "." : folder_path, access));
  return fs::WriteFileAtomic(*folder, whole.filename().string(), AsBytes(pem), fs::IfExists::kRefuse);
}

}  // namespace

Result<std::string> KeysFolder() {
  if (const char* const named = std::getenv("LOTMARK_KEYS"); named != nullptr && named[0] != '\0') {
    return std::string(named);
  }
  if (const std::string config = AbsoluteFromEnvironment("XDG_CONFIG_HOME"); !config.empty()) {
    return config + "/lotmark/keys";
  }
  const std::string home = HomeFolder();
  if (home.empty()) return Refused("no folder for keys: there is no home folder", "set LOTMARK_KEYS");
  return home + "/.config/lotmark/keys";
}

Status CheckOutsideVolumes(const std::string& path) {
  std::error_code error;
  // As far as it exists, links resolved; the rest as written.
  const stdfs::path real = stdfs::weakly_canonical(stdfs::absolute(path, error), error);
  if (error) return MachineFailed("cannot resolve: " + Printable(path) + ": " + error.message());
  for (stdfs::path above = real; above.has_relative_path();) {
    above = above.parent_path();
    const bool is_volume = stdfs::exists(stdfs::symlink_status(above / "volume.json", error));
    if (is_volume) {
      return Refused(Printable(path) + ": lies in the model volume " + Printable(above.string()),
                     "Volumes are copied and mounted elsewhere: keys and what is remembered of a volume stay outside.");
    }
  }
  return Ok();
}

Status WritePrivateKeyFile(const std::string& path, std::string_view pem) {
  LOTMARK_RETURN_IF_ERROR(CheckOutsideVolumes(path));
  return WriteKeyFile(path, pem, fs::Access::kOwnerOnly);
}

Status WritePublicKeyFile(const std::string& path, std::string_view pem) {
  return WriteKeyFile(path, pem, fs::Access::kEverybody);
}

Result<std::string> ReadPrivateKeyFile(const std::string& path) {
  LOTMARK_RETURN_IF_ERROR(CheckOutsideVolumes(path));
  return fs::ReadOperatorFile(path, fs::Privacy::kOwnerOnly);
}

}  // namespace lotmark::approval
