#include "http/testing/identity.h"

#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <cstdio>
#include <cstdlib>
#include <memory>

namespace lotmark::http::testing {
namespace {

void Need(bool done) {
  if (done) return;
  std::fprintf(stderr, "a test certificate could not be made\n");
  std::abort();
}

std::string TextOf(BIO* bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  return {data, static_cast<size_t>(size)};
}

}  // namespace

TlsIdentity MakeIdentity(const IdentityShape& shape) {
  const std::unique_ptr<EVP_PKEY, void (*)(EVP_PKEY*)> key(EVP_EC_gen("P-256"), EVP_PKEY_free);
  const std::unique_ptr<X509, void (*)(X509*)> certificate(X509_new(), X509_free);
  Need(key != nullptr && certificate != nullptr);
  X509* const own = certificate.get();
  const auto* const name = reinterpret_cast<const unsigned char*>(shape.common_name.c_str());
  Need(X509_set_version(own, X509_VERSION_3) == 1);
  Need(ASN1_INTEGER_set(X509_get_serialNumber(own), shape.serial) == 1);
  Need(X509_gmtime_adj(X509_getm_notBefore(own), shape.begins_in_seconds) != nullptr);
  Need(X509_gmtime_adj(X509_getm_notAfter(own), shape.ends_in_seconds) != nullptr);
  Need(X509_NAME_add_entry_by_txt(X509_get_subject_name(own), "CN", MBSTRING_UTF8, name, -1, -1, 0) == 1);
  Need(X509_set_issuer_name(own, X509_get_subject_name(own)) == 1);
  Need(X509_set_pubkey(own, key.get()) == 1);
  Need(X509_sign(own, key.get(), EVP_sha256()) > 0);

  const std::unique_ptr<BIO, int (*)(BIO*)> certificate_text(BIO_new(BIO_s_mem()), BIO_free);
  const std::unique_ptr<BIO, int (*)(BIO*)> key_text(BIO_new(BIO_s_mem()), BIO_free);
  Need(PEM_write_bio_X509(certificate_text.get(), own) == 1);
  Need(PEM_write_bio_PrivateKey(key_text.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) == 1);
  return {.certificate_name = "test.crt",
          .certificate_pem = TextOf(certificate_text.get()),
          .key_name = "test.key",
          .key_pem = TextOf(key_text.get())};
}

}  // namespace lotmark::http::testing
