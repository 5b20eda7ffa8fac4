// The model source of a real service: the pointer and the versions of a volume.
#pragma once

#include <memory>

#include "classify/loaded_model.h"
#include "manifest/manifest.h"
#include "runtime/runtime.h"
#include "serve/model_source.h"
#include "store/reader.h"

namespace lotmark::serve {

// Serves `model` of the volume behind `reader` with `runtime`, which must outlive the source. Load refuses a version
// whose manifest is not the registered one, whose bytes are not the manifest's, or whose golden run fails.
std::unique_ptr<ModelSource> MakeVolumeSource(std::unique_ptr<store::Reader> reader, ModelName model,
                                              const runtime::Runtime& runtime, classify::LoadOptions options);

}  // namespace lotmark::serve
