#include "http/tls_context.h"

#include <fmt/core.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <array>

#include "base/encoding.h"

namespace lotmark::http {
namespace {

constexpr std::time_t kSoon = 14 * 24 * 3600;
constexpr size_t kMaxChain = 16;

template <auto Free>
struct Freer {
  template <typename T>
  void operator()(T* object) const {
    Free(object);
  }
};
using Bio = std::unique_ptr<BIO, Freer<BIO_free>>;
using Certificate = std::unique_ptr<X509, Freer<X509_free>>;
using Key = std::unique_ptr<EVP_PKEY, Freer<EVP_PKEY_free>>;

std::string Reason() {
  const char* const reason = ERR_reason_error_string(ERR_peek_last_error());
  ERR_clear_error();
  return reason != nullptr ? reason : "OpenSSL does not say why";
}

Error Wrong(const std::string& name, const std::string& why) { return Refused(Printable(name) + ": " + why); }

Bio Reader(const std::string& pem) { return Bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()))); }

// In place of OpenSSL's own, which asks at the terminal.
int NoPassphrase(char*, int, int, void* asked) {
  *static_cast<bool*>(asked) = true;
  return -1;
}

Result<std::vector<Certificate>> ReadChain(const TlsIdentity& identity) {
  ERR_clear_error();
  const Bio bio = Reader(identity.certificate_pem);
  std::vector<Certificate> chain;
  bool asked = false;
  while (X509* one = PEM_read_bio_X509(bio.get(), nullptr, NoPassphrase, &asked)) {
    chain.emplace_back(one);
    if (chain.size() > kMaxChain) return Wrong(identity.certificate_name, "too many certificates");
  }
  const bool at_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
  if (!at_end) return Wrong(identity.certificate_name, "a certificate cannot be read: " + Reason());
  ERR_clear_error();
  if (chain.empty()) return Wrong(identity.certificate_name, "no certificate in PEM form");
  return chain;
}

Result<Key> ReadKey(const TlsIdentity& identity) {
  // OpenSSL calls this "unsupported".
  if (identity.key_pem.find("PRIVATE KEY-----") == std::string::npos) {
    return Wrong(identity.key_name, "no private key in PEM form");
  }
  ERR_clear_error();
  const Bio bio = Reader(identity.key_pem);
  bool asked = false;
  Key key(PEM_read_bio_PrivateKey(bio.get(), nullptr, NoPassphrase, &asked));
  if (key) return key;
  if (asked) return Wrong(identity.key_name, "the private key has a passphrase; a service cannot be asked for one");
  return Wrong(identity.key_name, "the private key cannot be read: " + Reason());
}

// Of the protocols that the client offers, HTTP/1.1 or none.
int ChooseProtocol(SSL*, const unsigned char** chosen, unsigned char* length, const unsigned char* offered,
                   unsigned int offered_length, void*) {
  static constexpr std::array<unsigned char, 9> kOurs = {8, 'h', 't', 't', 'p', '/', '1', '.', '1'};
  unsigned char* found = nullptr;
  if (SSL_select_next_proto(&found, length, kOurs.data(), kOurs.size(), offered, offered_length) !=
      OPENSSL_NPN_NEGOTIATED) {
    return SSL_TLSEXT_ERR_ALERT_FATAL;
  }
  *chosen = found;
  return SSL_TLSEXT_ERR_OK;
}

bool SetRules(SSL_CTX* context) {
  SSL_CTX_set_options(context,
                      SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE |
                          SSL_OP_PRIORITIZE_CHACHA |
                          // Requests say where they end, so a connection cut short cannot pass for a whole one.
                          SSL_OP_IGNORE_UNEXPECTED_EOF);
  // An idle connection gives its buffers back.
  SSL_CTX_set_mode(context,
                   SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_clear_mode(context, SSL_MODE_AUTO_RETRY);
  SSL_CTX_set_security_level(context, 2);  // at least 112 bits: RSA of 2048, no SHA-1
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_alpn_select_cb(context, ChooseProtocol, nullptr);
  return SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) == 1 &&
         SSL_CTX_set_cipher_list(context, "ECDHE+AESGCM:ECDHE+CHACHA20") == 1;
}

std::string SubjectOf(const X509* certificate) {
  const Bio bio(BIO_new(BIO_s_mem()));
  X509_NAME_print_ex(bio.get(), X509_get_subject_name(certificate), 0, XN_FLAG_RFC2253);
  char* text = nullptr;
  const long length = BIO_get_mem_data(bio.get(), &text);
  return Printable(std::string_view(text, length > 0 ? static_cast<size_t>(length) : 0), 200);
}

std::string SerialOf(const X509* certificate) {
  BIGNUM* const number = ASN1_INTEGER_to_BN(X509_get0_serialNumber(certificate), nullptr);
  char* const hex = number != nullptr ? BN_bn2hex(number) : nullptr;
  std::string text = hex != nullptr ? hex : "unknown";
  OPENSSL_free(hex);
  BN_free(number);
  return text;
}

Result<std::time_t> TimeOf(const ASN1_TIME* time, const std::string& name) {
  std::tm parts{};
  if (ASN1_TIME_to_tm(time, &parts) != 1) return Wrong(name, "the certificate's dates cannot be read");
  return ::timegm(&parts);
}

std::string TimeText(std::time_t time) {
  std::tm parts{};
  ::gmtime_r(&time, &parts);
  std::array<char, 32> text{};
  return {text.data(), std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &parts)};
}

}  // namespace

Result<std::shared_ptr<const TlsContext>> TlsContext::Make(const TlsIdentity& identity) {
  LOTMARK_ASSIGN_OR_RETURN(const auto chain, ReadChain(identity));
  LOTMARK_ASSIGN_OR_RETURN(const Key key, ReadKey(identity));
  X509* const own = chain.front().get();
  if (X509_check_private_key(own, key.get()) != 1) {
    ERR_clear_error();
    return Wrong(identity.key_name,
                 "the private key does not belong to the first certificate of " + Printable(identity.certificate_name));
  }
  std::shared_ptr<TlsContext> made(new TlsContext());
  made->native_ = std::shared_ptr<SSL_CTX>(SSL_CTX_new(TLS_server_method()), SSL_CTX_free);
  SSL_CTX* const native = made->native_.get();
  if (native == nullptr || !SetRules(native)) return MachineFailed("TLS: " + Reason());
  if (SSL_CTX_use_certificate(native, own) != 1) return Wrong(identity.certificate_name, Reason());
  if (SSL_CTX_use_PrivateKey(native, key.get()) != 1) return Wrong(identity.key_name, Reason());
  for (size_t i = 1; i < chain.size(); ++i) {
    if (SSL_CTX_add1_chain_cert(native, chain[i].get()) != 1) return Wrong(identity.certificate_name, Reason());
  }
  LOTMARK_ASSIGN_OR_RETURN(made->not_before_, TimeOf(X509_get0_notBefore(own), identity.certificate_name));
  LOTMARK_ASSIGN_OR_RETURN(made->not_after_, TimeOf(X509_get0_notAfter(own), identity.certificate_name));
  made->description_ =
      fmt::format("{}, serial {}, valid until {}", SubjectOf(own), SerialOf(own), TimeText(made->not_after_));
  return std::shared_ptr<const TlsContext>(std::move(made));
}

std::vector<std::string> TlsContext::Warnings(std::time_t now) const {
  std::vector<std::string> warnings;
  if (now < not_before_) warnings.push_back("the TLS certificate is not valid before " + TimeText(not_before_));
  if (now > not_after_) {
    warnings.push_back("the TLS certificate expired at " + TimeText(not_after_) + ": clients will refuse it");
  } else if (now > not_after_ - kSoon) {
    warnings.push_back("the TLS certificate expires soon, at " + TimeText(not_after_));
  }
  return warnings;
}

}  // namespace lotmark::http
