// Owning pointers for OpenSSL's objects. For .cc files of this room.
#pragma once

#include <openssl/bn.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>

#include <cstdlib>
#include <memory>

namespace lotmark::approval {

struct Freer {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  void operator()(EVP_PKEY_CTX* context) const { EVP_PKEY_CTX_free(context); }
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
  void operator()(ECDSA_SIG* signature) const { ECDSA_SIG_free(signature); }
  void operator()(BIGNUM* number) const { BN_free(number); }
};
template <typename T>
using Owned = std::unique_ptr<T, Freer>;

// Making, writing and using a sound key fails only when memory is gone or the library is broken.
inline void MustSucceed(bool succeeded) {
  if (!succeeded) std::abort();
}

}  // namespace lotmark::approval
