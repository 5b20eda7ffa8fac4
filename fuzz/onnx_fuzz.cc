// What an ONNX file says of its external data, asked before ONNX Runtime sees the file.
#include "fuzz.h"
#include "runtime_onnx/onnx_external_data.h"

namespace lotmark::fuzz {
namespace {

void Check(ByteView model) {
  const auto locations = runtime_onnx::FindExternalData(model);
  if (!locations) return Require(!locations.error().text.empty(), "a refusal says why");
  for (const std::string& location : *locations) {
    Require(AsText(model).find(location) != std::string_view::npos, "a location stands in the model as it was found");
  }
}

}  // namespace
}  // namespace lotmark::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  lotmark::fuzz::Check({data, size});
  return 0;
}
