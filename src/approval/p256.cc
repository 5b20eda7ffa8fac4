#include "approval/p256.h"

#include <fmt/format.h>
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include <algorithm>
#include <cstdlib>

#include "approval/openssl_owned.h"
#include "approval/signature_der.h"
#include "base/encoding.h"
#include "base/private_key_pem.h"

namespace lotmark::approval {
namespace {

constexpr std::string_view kPemBegin = "-----BEGIN PUBLIC KEY-----\n";
constexpr std::string_view kPemEnd = "-----END PUBLIC KEY-----\n";
constexpr size_t kPemLine = 64;
constexpr size_t kMaxOddBytes = 16384;  // of a key that is looked at only to say what it is

// Everything before the point's coordinates: the sizes, id-ecPublicKey, prime256v1, and 04 for "not compressed".
constexpr std::array<uint8_t, 27> kDerPrefix = {0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48,
                                                0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48,
                                                0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00, 0x04};

// nullptr when OpenSSL cannot make a key of it; it checks that the point is on the curve.
Owned<EVP_PKEY> Decode(ByteView der) {
  const uint8_t* at = der.data();
  Owned<EVP_PKEY> key(d2i_PUBKEY(nullptr, &at, static_cast<long>(der.size())));
  ERR_clear_error();
  if (key != nullptr && at != der.data() + der.size()) return nullptr;
  return key;
}

std::string TextParameter(const EVP_PKEY& key, const char* name) {
  std::array<char, 80> text{};
  size_t size = 0;
  return EVP_PKEY_get_utf8_string_param(&key, name, text.data(), text.size(), &size) == 1 ? std::string(text.data())
                                                                                          : std::string();
}

// Why these bytes, which are not in the one form that is taken, are refused.
std::string WhatInstead(ByteView der) {
  if (der.size() > kMaxOddBytes) return "it is too large";
  const Owned<EVP_PKEY> key = Decode(der);
  if (key == nullptr) return "its bytes are no public key, or name a point that is not on the curve";
  if (EVP_PKEY_get_base_id(key.get()) != EVP_PKEY_EC) {
    const char* const name = EVP_PKEY_get0_type_name(key.get());
    return fmt::format("it is of the kind {}", name != nullptr ? name : "unknown");
  }
  const std::string curve = TextParameter(*key, OSSL_PKEY_PARAM_GROUP_NAME);
  if (!curve.empty() && curve != "prime256v1") return "its curve is " + curve;
  if (der.size() > PublicKey::kDerSize) return "it spells out the parameters of its curve instead of naming it";
  if (der.size() < PublicKey::kDerSize) return "its point is compressed";
  return "its DER is not canonical";
}

Result<std::array<uint8_t, PublicKey::kDerSize>> DerOf(EVP_PKEY& key) {
  std::array<uint8_t, PublicKey::kDerSize> der{};
  const int size = i2d_PUBKEY(&key, nullptr);
  if (size != static_cast<int>(der.size())) return Refused("not a P-256 key in the usual form");
  uint8_t* at = der.data();
  MustSucceed(i2d_PUBKEY(&key, &at) == size);
  return der;
}

Status CheckKind(const EVP_PKEY& key) {
  if (EVP_PKEY_get_base_id(&key) != EVP_PKEY_EC) {
    const char* const name = EVP_PKEY_get0_type_name(&key);
    return Refused(fmt::format("not a P-256 key: it is of the kind {}", name != nullptr ? name : "unknown"));
  }
  const std::string curve = TextParameter(key, OSSL_PKEY_PARAM_GROUP_NAME);
  if (curve != "prime256v1") {
    return Refused("not a P-256 key: " + (curve.empty() ? "its curve has no name" : "its curve is " + curve));
  }
  return Ok();
}

}  // namespace

Result<PublicKey> PublicKey::FromDer(ByteView der) {
  const bool formed = der.size() == kDerSize && std::equal(kDerPrefix.begin(), kDerPrefix.end(), der.begin());
  if (!formed) return Refused("not a P-256 public key: " + WhatInstead(der));
  if (Decode(der) == nullptr) return Refused("not a P-256 public key: its point is not on the curve");
  std::array<uint8_t, kDerSize> copy;
  std::copy(der.begin(), der.end(), copy.begin());
  return PublicKey(copy);
}

Result<PublicKey> PublicKey::FromPem(std::string_view pem) {
  const Error other_form =
      Refused("not a public key in PEM: it must be one block, exactly as `openssl pkey -pubout` writes it");
  std::string text(pem);
  if (!text.ends_with('\n')) text += '\n';
  if (text.size() > kMaxOddBytes || !text.starts_with(kPemBegin) || !text.ends_with(kPemEnd) ||
      text.size() < kPemBegin.size() + kPemEnd.size()) {
    return other_form;
  }
  std::string base64 = text.substr(kPemBegin.size(), text.size() - kPemBegin.size() - kPemEnd.size());
  base64.erase(std::remove(base64.begin(), base64.end(), '\n'), base64.end());
  const Result<Bytes> der = Base64Decode(base64);
  if (!der) return other_form;
  LOTMARK_ASSIGN_OR_RETURN(PublicKey key, FromDer(*der));
  if (key.ToPem() != text) return other_form;
  return key;
}

std::string PublicKey::ToPem() const {
  const std::string base64 = Base64Encode(der_);
  std::string pem(kPemBegin);
  for (size_t at = 0; at < base64.size(); at += kPemLine) pem += base64.substr(at, kPemLine) + "\n";
  return pem + std::string(kPemEnd);
}

Status PublicKey::Verify(ByteView message, ByteView signature) const {
  LOTMARK_RETURN_IF_ERROR(CheckSignatureDer(signature));
  const Owned<EVP_PKEY> key = Decode(der_);
  const Owned<EVP_MD_CTX> context(EVP_MD_CTX_new());
  MustSucceed(key != nullptr && context != nullptr &&
              EVP_DigestVerifyInit(context.get(), nullptr, EVP_sha256(), nullptr, key.get()) == 1);
  const bool verified =
      EVP_DigestVerify(context.get(), signature.data(), signature.size(), message.data(), message.size()) == 1;
  ERR_clear_error();
  if (!verified) return Refused("the signature is not by the key " + id_.short_hex() + "… over these bytes");
  return Ok();
}

PrivateKey PrivateKey::Generate() {
  std::shared_ptr<EVP_PKEY> key(EVP_EC_gen("prime256v1"), Freer());
  MustSucceed(key != nullptr);
  const PublicKey public_key = PublicKey::FromDer(DerOf(*key).value()).value();
  return {std::move(key), public_key};
}

Result<PrivateKey> PrivateKey::FromPem(std::string_view pem, std::string_view passphrase) {
  LOTMARK_ASSIGN_OR_RETURN(std::shared_ptr<EVP_PKEY> key, ReadPrivateKeyPem(pem, passphrase));
  LOTMARK_RETURN_IF_ERROR(CheckKind(*key));
  const Owned<EVP_PKEY_CTX> context(EVP_PKEY_CTX_new_from_pkey(nullptr, key.get(), nullptr));
  MustSucceed(context != nullptr);
  // The file holds the public half too, and nothing but this says that it belongs to the private one.
  const bool sound = EVP_PKEY_check(context.get()) == 1;
  ERR_clear_error();
  if (!sound) return Refused("not a sound P-256 key: its private and its public half do not belong together");
  LOTMARK_ASSIGN_OR_RETURN(const auto der, DerOf(*key));
  LOTMARK_ASSIGN_OR_RETURN(const PublicKey public_key, PublicKey::FromDer(der));
  return PrivateKey(std::move(key), public_key);
}

std::string PrivateKey::ToPem(std::string_view passphrase) const { return WritePrivateKeyPem(*key_, passphrase); }

Bytes PrivateKey::Sign(ByteView message) const {
  const Owned<EVP_MD_CTX> context(EVP_MD_CTX_new());
  MustSucceed(context != nullptr && EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, key_.get()) == 1);
  Bytes signature(kMaxSignatureBytes);
  size_t size = signature.size();
  MustSucceed(EVP_DigestSign(context.get(), signature.data(), &size, message.data(), message.size()) == 1);
  signature.resize(size);
  return signature;
}

}  // namespace lotmark::approval
