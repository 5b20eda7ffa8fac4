#include "cli/outside_volume.h"

#include <filesystem>

#include "base/encoding.h"
#include "fs/posix_fs.h"
#include "store/layout.h"

namespace lotmark::cli {

Status CheckOutsideVolume(const std::string& path, const std::string& hint) {
  std::error_code error;
  std::filesystem::path folder = std::filesystem::weakly_canonical(std::filesystem::absolute(path), error);
  if (error) return NotFound(Printable(path) + ": " + error.message());
  for (;; folder = folder.parent_path()) {
    const auto dir = fs::OpenPosixDir(folder.string());
    // A folder above that may not be opened is no volume that this person could work on.
    if (dir && (*dir)->Stat(store::kVolumeFile)) {
      return Refused(Printable(path) + ": it lies in the volume " + Printable(folder.string()), hint);
    }
    if (folder == folder.root_path()) return Ok();
  }
}

}  // namespace lotmark::cli
