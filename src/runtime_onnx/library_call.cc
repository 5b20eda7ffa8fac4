#include "runtime_onnx/library_call.h"

#include <fmt/format.h>

#include "runtime/library_text.h"

namespace lotmark::runtime_onnx {

Error FromLibrary(ErrorCode code, std::string_view doing, std::string_view text) {
  // The library wraps the allocator's exceptions into its own; only the text tells.
  const bool memory = text.find("bad_alloc") != text.npos || text.find("Failed to allocate memory") != text.npos;
  return {memory ? ErrorCode::kMachine : code, fmt::format("{}: ONNX Runtime: {}", doing, runtime::LibraryText(text))};
}

}  // namespace lotmark::runtime_onnx
