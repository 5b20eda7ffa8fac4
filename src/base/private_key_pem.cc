#include "base/private_key_pem.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/x509.h>

#include <cstdlib>
#include <cstring>

namespace lotmark {
namespace {

constexpr int kSaltBytes = 16;

constexpr std::string_view kPlainBegin = "-----BEGIN PRIVATE KEY-----\n";
constexpr std::string_view kPlainEnd = "-----END PRIVATE KEY-----\n";
constexpr std::string_view kEncryptedBegin = "-----BEGIN ENCRYPTED PRIVATE KEY-----\n";
constexpr std::string_view kEncryptedEnd = "-----END ENCRYPTED PRIVATE KEY-----\n";

struct Freer {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  void operator()(BIO* bio) const { BIO_free(bio); }
  void operator()(PKCS8_PRIV_KEY_INFO* key) const { PKCS8_PRIV_KEY_INFO_free(key); }
  void operator()(X509_SIG* encrypted) const { X509_SIG_free(encrypted); }
  void operator()(X509_ALGOR* algorithm) const { X509_ALGOR_free(algorithm); }
};
template <typename T>
using Owned = std::unique_ptr<T, Freer>;

// Writing a sound key fails only when memory is gone or the library is broken.
void MustSucceed(bool succeeded) {
  if (!succeeded) std::abort();
}

// Without this OpenSSL would ask on the terminal.
int GivePassphrase(char* buffer, int size, int /*for_writing*/, void* passphrase) {
  const auto& text = *static_cast<const std::string_view*>(passphrase);
  if (text.size() > static_cast<size_t>(size)) return -1;
  std::memcpy(buffer, text.data(), text.size());
  return static_cast<int>(text.size());
}

// One block from the first byte to the last: what OpenSSL's reader would skip before and after it could hide another
// key.
bool IsOneBlock(std::string_view pem, std::string_view begin, std::string_view end) {
  return pem.starts_with(begin) && pem.ends_with(end) && pem.find("-----BEGIN", 1) == std::string_view::npos &&
         pem.find("-----END") == pem.size() - end.size();
}

std::string TextOf(BIO* text) {
  const char* data = nullptr;
  const long size = BIO_get_mem_data(text, &data);
  return {data, static_cast<size_t>(size)};
}

}  // namespace

bool IsEncryptedKeyPem(std::string_view pem) { return pem.starts_with(kEncryptedBegin); }

Result<std::shared_ptr<EVP_PKEY>> ReadPrivateKeyPem(std::string_view pem, std::string_view passphrase) {
  const bool encrypted = IsOneBlock(pem, kEncryptedBegin, kEncryptedEnd);
  if (!encrypted && !IsOneBlock(pem, kPlainBegin, kPlainEnd)) {
    return Refused("not one private key as PKCS#8 in PEM",
                   "`openssl pkcs8 -topk8 -in OLD -out NEW` turns other forms of a private key into this one.");
  }
  const Owned<BIO> text(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  MustSucceed(text != nullptr);
  std::shared_ptr<EVP_PKEY> key(PEM_read_bio_PrivateKey(text.get(), nullptr, GivePassphrase, &passphrase), Freer());
  ERR_clear_error();
  if (key != nullptr) return key;
  return Refused(encrypted ? "the passphrase is wrong, or the private key is damaged" : "the private key is damaged");
}

std::string WritePrivateKeyPem(EVP_PKEY& key, std::string_view passphrase) {
  const Owned<BIO> text(BIO_new(BIO_s_mem()));
  const Owned<PKCS8_PRIV_KEY_INFO> plain(EVP_PKEY2PKCS8(&key));
  MustSucceed(text != nullptr && plain != nullptr);
  if (passphrase.empty()) {
    MustSucceed(PEM_write_bio_PKCS8_PRIV_KEY_INFO(text.get(), plain.get()) == 1);
    return TextOf(text.get());
  }
  Owned<X509_ALGOR> algorithm(
      PKCS5_pbe2_set_iv(EVP_aes_256_cbc(), kPbkdf2Rounds, nullptr, kSaltBytes, nullptr, NID_hmacWithSHA256));
  MustSucceed(algorithm != nullptr);
  const Owned<X509_SIG> encrypted(
      PKCS8_set0_pbe(passphrase.data(), static_cast<int>(passphrase.size()), plain.get(), algorithm.get()));
  MustSucceed(encrypted != nullptr);
  (void)algorithm.release();  // part of `encrypted` now
  MustSucceed(PEM_write_bio_PKCS8(text.get(), encrypted.get()) == 1);
  return TextOf(text.get());
}

}  // namespace lotmark
