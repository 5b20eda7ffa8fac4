// ONNX Runtime behind the runtime interface. The library's own headers stay inside this room.
//
// Invariant: a session is made from the caller's buffer alone: no file is opened, not even for external data (the
// caller hands over those bytes, verified). The buffer may be freed once Load has returned.
// The library sends nothing home: its telemetry, on by default in the official builds, is switched off.
// Nothing of the library reaches stderr: its log is dropped, its error text comes back in the Error, without paths.
// Thread safety: Runtime and Session may be used by several threads; a Session may outlive its Runtime.
#pragma once

#include <memory>

#include "base/result.h"
#include "runtime/runtime.h"

namespace lotmark::runtime_onnx {

// Sets an environment variable (the switch for telemetry), so call it before the program starts threads.
// kMachine: the library does not offer the interface that this program was built for, or could not start.
Result<std::unique_ptr<runtime::Runtime>> MakeOnnxRuntime();

}  // namespace lotmark::runtime_onnx
