// A server on a free loopback port, a handler that answers what it was asked, and a client for it.
//
// Over plain TCP, or over TLS where LOTMARK_TEST_TRANSPORT is "tls": CTest runs the server's tests with both.
#pragma once

#include <memory>

#include "http/server.h"
#include "http/testing/client.h"

namespace lotmark::http::testing {

// 200, text/plain: "METHOD path?query body".
void Echo(const Request& request, const Responder& respond);

bool OverTls();
// What StartServer uses: a certificate, or nothing without TLS.
std::shared_ptr<const TlsContext> TestCertificate();

// Both abort the test program when the machine does not let them.
std::unique_ptr<Server> StartServer(Handler handler, Options options = {});
Client ConnectTo(const Server& server);

}  // namespace lotmark::http::testing
