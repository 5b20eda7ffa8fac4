// How much a runtime reads to load a version in one format.
#pragma once

#include <cstdint>

#include "manifest/manifest.h"

namespace lotmark::manifest {

// Bytes of the artifact and its external data, as the manifest gives them; 0 for a format that it lacks.
uint64_t LoadSize(const Manifest& manifest, Format format);

}  // namespace lotmark::manifest
