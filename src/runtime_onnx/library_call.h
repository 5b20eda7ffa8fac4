// Where the exceptions of ONNX Runtime's C++ interface end.
#pragma once

#include <exception>
#include <new>
#include <string_view>

#include "base/result.h"

namespace lotmark::runtime_onnx {

// "DOING: ONNX Runtime: TEXT" as an Error of `code`; out of memory is kMachine whatever `code` says.
Error FromLibrary(ErrorCode code, std::string_view doing, std::string_view text);

// The Result of `work`, or what the library threw in it as an Error of `code`.
template <typename Work>
auto CallLibrary(ErrorCode code, std::string_view doing, const Work& work) -> decltype(work()) {
  try {
    return work();
  } catch (const std::bad_alloc&) {
    return FromLibrary(ErrorCode::kMachine, doing, "out of memory");
  } catch (const std::exception& e) {
    return FromLibrary(code, doing, e.what());
  }
}

}  // namespace lotmark::runtime_onnx
