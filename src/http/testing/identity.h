// Self-signed certificates for tests, made in memory.
#pragma once

#include <string>

#include "http/tls_context.h"

namespace lotmark::http::testing {

struct IdentityShape {
  std::string common_name = "localhost";
  long serial = 1;
  long begins_in_seconds = -3600;
  long ends_in_seconds = 365L * 24 * 3600;
};

// Of a new key (P-256) each time. Aborts the test program when OpenSSL fails.
TlsIdentity MakeIdentity(const IdentityShape& shape = {});

}  // namespace lotmark::http::testing
