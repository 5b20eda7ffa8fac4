// Digest: a SHA-256 value. It names a file or a model version beyond doubt.
//
// Why a type: a function that takes a Digest need not check again; text that is not 64 lower-case hexadecimal digits
// never becomes one. Capitals are refused so that two spellings of one digest cannot exist.
//
// Hashing is OpenSSL's EVP, which uses the SHA instructions of the CPU (about 1.5 GB/s a core here).
#pragma once

#include <array>
#include <compare>
#include <memory>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"

namespace lotmark {

class Digest {
 public:
  static constexpr size_t kSize = 32;

  // The text form: exactly 64 lower-case hexadecimal digits. kRefused says what is wrong with `text`.
  static Result<Digest> Parse(std::string_view text);

  Digest() = default;  // all zeros; a placeholder, equal to no file's digest in practice
  explicit Digest(const std::array<uint8_t, kSize>& bytes) : bytes_(bytes) {}

  std::string hex() const;
  // The first 12 hex digits: for people's eyes only, never for a decision.
  std::string short_hex() const { return hex().substr(0, 12); }
  const std::array<uint8_t, kSize>& bytes() const { return bytes_; }

  auto operator<=>(const Digest&) const = default;

 private:
  std::array<uint8_t, kSize> bytes_{};
};

// Hashes a stream of pieces. Not thread-safe; one per stream.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(Sha256&&) noexcept;
  Sha256& operator=(Sha256&&) noexcept;

  void Update(ByteView piece);
  // The digest of all pieces so far. REQUIRES: called once; no Update after it.
  Digest Finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

Digest Sha256Of(ByteView bytes);
inline Digest Sha256Of(std::string_view text) { return Sha256Of(AsBytes(text)); }

}  // namespace lotmark
