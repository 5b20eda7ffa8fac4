// The small ONNX models of testdata/ (tools/make_onnx_fixtures.py makes them) and the contract that fits them.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "runtime/runtime.h"

namespace lotmark::runtime_onnx::testing {

// The bytes of src/runtime_onnx/testdata/NAME; the test fails when there is no such file.
Bytes Fixture(const std::string& name);

// The real runtime; the test fails when it cannot start. Tests of other rooms get it here.
std::unique_ptr<runtime::Runtime> MakeRuntime();

// What a manifest for colours.onnx says: input [1,3,4,4], three classes, names given.
runtime::ModelContract ColoursContract();

// A 4x4 tensor whose channel means are `red`, `green`, `blue`.
std::vector<float> ColourTensor(float red, float green, float blue);

}  // namespace lotmark::runtime_onnx::testing
