#include "tlog/ed25519.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>

namespace lotmark::tlog {
namespace {

struct Freer {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
  void operator()(BIO* bio) const { BIO_free(bio); }
};
template <typename T>
using Owned = std::unique_ptr<T, Freer>;

// Making, writing and using a sound key fails only when memory is gone or the library is broken.
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

}  // namespace

Result<PublicKey> PublicKey::FromBytes(ByteView bytes) {
  if (bytes.size() != kSize) {
    return Refused("not an Ed25519 public key: it has " + std::to_string(bytes.size()) + " bytes, not 32");
  }
  std::array<uint8_t, kSize> copy;
  std::copy(bytes.begin(), bytes.end(), copy.begin());
  return PublicKey(copy);
}

bool PublicKey::Verify(ByteView message, ByteView signature) const {
  const Owned<EVP_PKEY> key(EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, bytes_.data(), bytes_.size()));
  const Owned<EVP_MD_CTX> context(EVP_MD_CTX_new());
  const bool verified =
      key != nullptr && context != nullptr &&
      EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, key.get()) == 1 &&
      EVP_DigestVerify(context.get(), signature.data(), signature.size(), message.data(), message.size()) == 1;
  ERR_clear_error();
  return verified;
}

PrivateKey::PrivateKey(EVP_PKEY* key) : key_(key, Freer()) {}

PrivateKey PrivateKey::Generate() {
  EVP_PKEY* key = EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519");
  MustSucceed(key != nullptr);
  return PrivateKey(key);
}

Result<PrivateKey> PrivateKey::FromPem(std::string_view pem, std::string_view passphrase) {
  const Owned<BIO> text(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  MustSucceed(text != nullptr);
  EVP_PKEY* const read = PEM_read_bio_PrivateKey(text.get(), nullptr, GivePassphrase, &passphrase);
  ERR_clear_error();
  if (read == nullptr) return Refused("not a private key in PEM, or the passphrase is wrong");
  PrivateKey key(read);
  if (EVP_PKEY_get_id(read) != EVP_PKEY_ED25519) return Refused("not an Ed25519 key: the journal is signed with one");
  return key;
}

std::string PrivateKey::ToPem(std::string_view passphrase) const {
  const Owned<BIO> text(BIO_new(BIO_s_mem()));
  MustSucceed(text != nullptr);
  const EVP_CIPHER* const cipher = passphrase.empty() ? nullptr : EVP_aes_256_cbc();
  MustSucceed(PEM_write_bio_PKCS8PrivateKey(text.get(), key_.get(), cipher, nullptr, 0, GivePassphrase, &passphrase) ==
              1);
  const char* data = nullptr;
  const long size = BIO_get_mem_data(text.get(), &data);
  return {data, static_cast<size_t>(size)};
}

PublicKey PrivateKey::public_key() const {
  std::array<uint8_t, PublicKey::kSize> bytes;
  size_t size = bytes.size();
  MustSucceed(EVP_PKEY_get_raw_public_key(key_.get(), bytes.data(), &size) == 1);
  return PublicKey::FromBytes(bytes).value();
}

Signature PrivateKey::Sign(ByteView message) const {
  const Owned<EVP_MD_CTX> context(EVP_MD_CTX_new());
  Signature signature;
  size_t size = signature.size();
  MustSucceed(context != nullptr && EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key_.get()) == 1 &&
              EVP_DigestSign(context.get(), signature.data(), &size, message.data(), message.size()) == 1);
  return signature;
}

}  // namespace lotmark::tlog
