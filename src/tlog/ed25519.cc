#include "tlog/ed25519.h"

#include <openssl/err.h>
#include <openssl/evp.h>

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "base/private_key_pem.h"

namespace lotmark::tlog {
namespace {

struct Freer {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};
template <typename T>
using Owned = std::unique_ptr<T, Freer>;

// Making, writing and using a sound key fails only when memory is gone or the library is broken.
void MustSucceed(bool succeeded) {
  if (!succeeded) std::abort();
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

PrivateKey PrivateKey::Generate() {
  std::shared_ptr<EVP_PKEY> key(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"), Freer());
  MustSucceed(key != nullptr);
  return PrivateKey(std::move(key));
}

Result<PrivateKey> PrivateKey::FromPem(std::string_view pem, std::string_view passphrase) {
  LOTMARK_ASSIGN_OR_RETURN(std::shared_ptr<EVP_PKEY> key, ReadPrivateKeyPem(pem, passphrase));
  if (EVP_PKEY_get_id(key.get()) != EVP_PKEY_ED25519) {
    return Refused("not an Ed25519 key: the journal is signed with one");
  }
  return PrivateKey(std::move(key));
}

std::string PrivateKey::ToPem(std::string_view passphrase) const { return WritePrivateKeyPem(*key_, passphrase); }

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
