// Keys of people: ECDSA on P-256 with SHA-256 (FIPS 186-5), by OpenSSL.
//
// Why P-256 and not the journal's Ed25519: smart cards, hardware tokens and hospitals' key stores sign with it.
//
// Invariant: one key has one text and one DER form, and one signature value one encoding. Anything else that means the
// same (compressed points, explicit curve parameters, other base64 lines, BER lengths) is refused, so that a key has
// one id and no signature has two. Thread safety: keys are immutable after they are made; share them.
#pragma once

#include <array>
#include <memory>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/digest.h"
#include "base/result.h"

struct evp_pkey_st;

namespace lotmark::approval {

class PublicKey {
 public:
  // SubjectPublicKeyInfo (RFC 5480) with the named curve and an uncompressed point.
  static constexpr size_t kDerSize = 91;

  // kRefused says what it is instead: another curve, another kind of key, a point that is not on the curve, …
  static Result<PublicKey> FromDer(ByteView der);
  // The text exactly as ToPem writes it (and `openssl pkey -pubout`); the last line's end may be absent.
  static Result<PublicKey> FromPem(std::string_view pem);

  std::string ToPem() const;
  const std::array<uint8_t, kDerSize>& der() const { return der_; }
  // SHA-256 of der().
  const Digest& id() const { return id_; }

  // kRefused: the signature is no canonical DER of two numbers in range, or it is not by this key over these bytes.
  Status Verify(ByteView message, ByteView signature) const;

  bool operator==(const PublicKey& other) const { return der_ == other.der_; }

 private:
  explicit PublicKey(const std::array<uint8_t, kDerSize>& der) : der_(der), id_(Sha256Of(ByteView(der_))) {}

  std::array<uint8_t, kDerSize> der_;
  Digest id_;
};

class PrivateKey {
 public:
  static PrivateKey Generate();
  // As base/private_key_pem.h; kRefused also for another kind of key and for one whose two halves do not belong
  // together.
  static Result<PrivateKey> FromPem(std::string_view pem, std::string_view passphrase);

  std::string ToPem(std::string_view passphrase) const;
  const PublicKey& public_key() const { return public_key_; }
  // Canonical DER.
  Bytes Sign(ByteView message) const;

 private:
  PrivateKey(std::shared_ptr<evp_pkey_st> key, const PublicKey& public_key)
      : key_(std::move(key)), public_key_(public_key) {}

  std::shared_ptr<evp_pkey_st> key_;
  PublicKey public_key_;
};

}  // namespace lotmark::approval
