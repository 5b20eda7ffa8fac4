// A certificate chain with its private key, checked and ready for handshakes: what a service shows to its clients.
//
// TLS 1.2 and 1.3 only; with 1.2 only suites with forward secrecy and authenticated encryption; no compression, no
// renegotiation, no session kept on the server (a resumed session needs none), HTTP/1.1 as the only protocol.
//
// Thread safety: immutable; connections of the I/O thread share it, and those that began with it keep it.
#pragma once

#include <ctime>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"

struct ssl_ctx_st;  // OpenSSL's SSL_CTX

namespace lotmark::http {

// Both as PEM; the names are for messages.
struct TlsIdentity {
  std::string certificate_name;
  std::string certificate_pem;  // the server's own first, then those between it and the root
  std::string key_name;
  std::string key_pem;
};

class TlsContext {
 public:
  // kRefused: no certificate or key in the text, a key with a passphrase or of another certificate, one that is too
  // weak. A certificate out of its time is no error: see Warnings.
  static Result<std::shared_ptr<const TlsContext>> Make(const TlsIdentity& identity);

  ssl_ctx_st* native() const { return native_.get(); }

  // "CN=lotmark.example, serial 0A1B, valid until 2027-01-31T12:00:00Z": for the log.
  const std::string& description() const { return description_; }
  // What an operator should hear about it: expired, not valid yet, or about to expire.
  std::vector<std::string> Warnings(std::time_t now) const;

 private:
  TlsContext() = default;

  std::shared_ptr<ssl_ctx_st> native_;
  std::string description_;
  std::time_t not_before_ = 0;
  std::time_t not_after_ = 0;
};

}  // namespace lotmark::http
