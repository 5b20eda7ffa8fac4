#include "manifest/load_size.h"

namespace lotmark::manifest {

uint64_t LoadSize(const Manifest& manifest, Format format) {
  const Artifact* artifact = manifest.artifact(format);
  if (artifact == nullptr || !artifact->file) return 0;
  uint64_t bytes = artifact->file->size.value_or(0);
  for (const FileRef& file : artifact->external_data) bytes += file.size.value_or(0);
  return bytes;
}

}  // namespace lotmark::manifest
