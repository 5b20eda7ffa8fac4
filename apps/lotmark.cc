// The lotmark program: names the concrete adapters and hands them to the command line.
#include <fmt/core.h>

#include "cli/command_line.h"
#include "runtime_onnx/onnx_runtime.h"

int main(int argc, char** argv) {
  lotmark::SystemClock clock;
  const auto onnx = lotmark::runtime_onnx::MakeOnnxRuntime();
  if (!onnx) {
    fmt::print(stderr, "lotmark: {}\n", onnx.error().text);
    return 3;
  }
  const lotmark::cli::Toolbox toolbox{.program_version = LOTMARK_VERSION, .runtimes = {onnx->get()}, .clock = clock};
  return lotmark::cli::Run(argc, argv, toolbox);
}
