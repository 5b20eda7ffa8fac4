// The model source of a real service: the pointer and the versions of a volume, as far as its journal authorises them.
#pragma once

#include <memory>

#include "classify/loaded_model.h"
#include "manifest/manifest.h"
#include "runtime/runtime.h"
#include "serve/model_source.h"
#include "store/reader.h"

namespace lotmark::serve {

// Serves `model` of the volume behind `reader` with `runtime`, which must outlive the source. A look at the pointer
// reads two links, one manifest and the number of events; the events themselves only when there are more or fewer.
// ReadDesired refuses a pointer that the events do not authorise (standing.h). Load refuses what is not authorised, a
// version whose bytes are not the manifest's, and one whose golden run fails.
std::unique_ptr<ModelSource> MakeVolumeSource(std::unique_ptr<store::Reader> reader, ModelName model,
                                              const runtime::Runtime& runtime, classify::LoadOptions options);

}  // namespace lotmark::serve
