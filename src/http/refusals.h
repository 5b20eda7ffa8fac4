// What the server answers of itself when it does not let a request through.
#pragma once

#include "http/response.h"

namespace lotmark::http {

Response TooManyConnections();
Response TooManyBodies();
Response TooManyStreams();
Response Draining();
Response TlsRequired();

}  // namespace lotmark::http
