#include "cli/golden_check.h"

#include <algorithm>

#include "classify/loaded_model.h"
#include "serve/memory.h"

namespace lotmark::cli {

store::ActivationCheck GoldenCheck(const Context& context) {
  return [&context](const store::OpenedVersion& opened) -> Status {
    LOTMARK_ASSIGN_OR_RETURN(const runtime::Runtime* runtime, context.ServerRuntime());
    LOTMARK_ASSIGN_OR_RETURN(const auto loaded,
                             classify::LoadModel(*opened.folder, opened.manifest, runtime->format(), *runtime, {}));
    PrintLine("test classification: " + loaded->golden().Summary());
    return Ok();
  };
}

std::optional<uint64_t> AvailableMemory() {
  const auto state = serve::ReadMemoryState();
  if (!state) return std::nullopt;
  return std::min(state->machine_available, state->cgroup_available.value_or(state->machine_available));
}

}  // namespace lotmark::cli
