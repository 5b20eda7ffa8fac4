// Ed25519 keys and signatures (RFC 8032), by OpenSSL.
//
// Thread safety: keys are immutable after they are made; share them.
#pragma once

#include <array>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "base/bytes.h"
#include "base/result.h"

struct evp_pkey_st;

namespace lotmark::tlog {

using Signature = std::array<uint8_t, 64>;

class PublicKey {
 public:
  static constexpr size_t kSize = 32;
  // kRefused: not 32 bytes.
  static Result<PublicKey> FromBytes(ByteView bytes);

  const std::array<uint8_t, kSize>& bytes() const { return bytes_; }
  bool Verify(ByteView message, ByteView signature) const;

  bool operator==(const PublicKey& other) const { return bytes_ == other.bytes_; }

 private:
  explicit PublicKey(const std::array<uint8_t, kSize>& bytes) : bytes_(bytes) {}
  std::array<uint8_t, kSize> bytes_;
};

class PrivateKey {
 public:
  static PrivateKey Generate();
  // As base/private_key_pem.h; kRefused also for another kind of key.
  static Result<PrivateKey> FromPem(std::string_view pem, std::string_view passphrase);

  std::string ToPem(std::string_view passphrase) const;
  PublicKey public_key() const;
  Signature Sign(ByteView message) const;

 private:
  explicit PrivateKey(std::shared_ptr<evp_pkey_st> key) : key_(std::move(key)) {}
  std::shared_ptr<evp_pkey_st> key_;
};

}  // namespace lotmark::tlog
