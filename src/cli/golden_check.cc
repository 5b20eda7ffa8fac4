#include "cli/golden_check.h"

#include <algorithm>

#include "classify/loaded_model.h"
#include "serve/memory.h"

namespace lotmark::cli {

namespace {

Result<std::shared_ptr<const classify::LoadedModel>> Load(const Context& context, const store::OpenedVersion& opened) {
  LOTMARK_ASSIGN_OR_RETURN(const runtime::Runtime* runtime, context.ServerRuntime());
  return classify::LoadModel(*opened.folder, opened.manifest, runtime->format(), *runtime, {});
}

}  // namespace

store::ActivationCheck GoldenCheck(const Context& context) {
  return [&context](const store::OpenedVersion& opened) -> Status {
    LOTMARK_ASSIGN_OR_RETURN(const auto loaded, Load(context, opened));
    PrintLine("test classification: " + loaded->golden().Summary());
    return Ok();
  };
}

store::ActivationCheck QuietGoldenCheck(const Context& context) {
  return [&context](const store::OpenedVersion& opened) -> Status {
    LOTMARK_RETURN_IF_ERROR(Load(context, opened));
    return Ok();
  };
}

std::optional<uint64_t> AvailableMemory() {
  const auto state = serve::ReadMemoryState();
  if (!state) return std::nullopt;
  return std::min(state->machine_available, state->cgroup_available.value_or(state->machine_available));
}

}  // namespace lotmark::cli
