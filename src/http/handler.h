// What answers requests, and the way by which it answers.
#pragma once

#include <functional>

#include "http/request.h"
#include "http/response.h"

namespace lotmark::http {

// The one response to one request, from any thread; later calls are ignored. When every copy is dropped without a call,
// 500 is sent, so that no client waits for ever. May outlive the server: then it does nothing.
using Responder = std::function<void(Response)>;
using Handler = std::function<void(Request, Responder)>;

}  // namespace lotmark::http
