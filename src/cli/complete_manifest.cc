#include "cli/complete_manifest.h"

#include "cli/progress_bar.h"

namespace lotmark::cli {

Result<manifest::Completed> CompleteShowingProgress(std::string_view bytes, fs::Dir& folder) {
  ProgressBar bar("hashing");
  const store::ProgressFn show = bar.Function();
  return manifest::CompleteManifest(bytes, folder, [&](std::string_view file, uint64_t done, uint64_t total) {
    return show({.file = file, .bytes_done = done, .bytes_total = total});
  });
}

}  // namespace lotmark::cli
