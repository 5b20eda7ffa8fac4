#include "base/digest.h"

#include <openssl/evp.h>

#include <cstdlib>

#include "base/encoding.h"

namespace lotmark {

Result<Digest> Digest::Parse(std::string_view text) {
  if (text.size() != 2 * kSize) {
    return Refused("'" + Printable(text, 80) + "' is not a SHA-256 digest: it has " + std::to_string(text.size()) +
                   " characters, not 64");
  }
  for (char c : text) {
    const bool is_digit = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
    if (!is_digit) {
      const char* why = (c >= 'A' && c <= 'F') ? "capitals are not accepted" : "only 0-9 and a-f are digits";
      return Refused("'" + Printable(text, 80) + "' is not a SHA-256 digest: " + why);
    }
  }
  std::array<uint8_t, kSize> bytes;
  HexToBytes(text, bytes);
  return Digest(bytes);
}

std::string Digest::hex() const { return ToHex(bytes_); }

struct Sha256::State {
  std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context{EVP_MD_CTX_new(), &EVP_MD_CTX_free};
};

// EVP fails here only when memory is gone or the library is broken; there is nothing to go on with then.
static void MustSucceed(int openssl_result) {
  if (openssl_result != 1) std::abort();
}

// EVP_sha256() is fetched once: since OpenSSL 3 an implicit fetch per init costs more than hashing a small file.
static const EVP_MD* Algorithm() {
  static const EVP_MD* const algorithm = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  return algorithm;
}

Sha256::Sha256() : state_(std::make_unique<State>()) {
  MustSucceed(EVP_DigestInit_ex(state_->context.get(), Algorithm(), nullptr));
}
Sha256::~Sha256() = default;
Sha256::Sha256(Sha256&&) noexcept = default;
Sha256& Sha256::operator=(Sha256&&) noexcept = default;

void Sha256::Update(ByteView piece) {
  MustSucceed(EVP_DigestUpdate(state_->context.get(), piece.data(), piece.size()));
}

Digest Sha256::Finish() {
  std::array<uint8_t, Digest::kSize> bytes;
  MustSucceed(EVP_DigestFinal_ex(state_->context.get(), bytes.data(), nullptr));
  return Digest(bytes);
}

Digest Sha256Of(ByteView bytes) {
  Sha256 hasher;
  hasher.Update(bytes);
  return hasher.Finish();
}

}  // namespace lotmark
