#include "base/uuid.h"

#include <openssl/rand.h>

#include <algorithm>
#include <cstdlib>

#include "base/encoding.h"

namespace lotmark {
namespace {

constexpr size_t kDashes[] = {8, 13, 18, 23};

std::array<uint8_t, 16> RandomBytes() {
  std::array<uint8_t, 16> bytes;
  // Without a random generator no id is safe to hand out, so there is nothing to go on with.
  if (RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) != 1) std::abort();
  return bytes;
}

void SetVersion(std::array<uint8_t, 16>& bytes, uint8_t version) {
  bytes[6] = static_cast<uint8_t>((bytes[6] & 0x0F) | version << 4);
  bytes[8] = static_cast<uint8_t>((bytes[8] & 0x3F) | 0x80);
}

}  // namespace

Uuid Uuid::V7(UtcTime now) {
  auto bytes = RandomBytes();
  const auto millis = std::chrono::duration_cast<std::chrono::milliseconds>(now.time_since_epoch()).count();
  for (int i = 0; i < 6; ++i) bytes[static_cast<size_t>(i)] = static_cast<uint8_t>(millis >> (40 - 8 * i));
  SetVersion(bytes, 7);
  return Uuid(bytes);
}

Uuid Uuid::V4() {
  auto bytes = RandomBytes();
  SetVersion(bytes, 4);
  return Uuid(bytes);
}

Result<Uuid> Uuid::Parse(std::string_view text) {
  const auto refuse = [&] {
    return Refused("'" + Printable(text, 60) + "' is not a UUID such as 019471f2-0a00-7000-8000-000000000000");
  };
  if (text.size() != 36) return refuse();
  std::string hex;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const bool dash_here = std::find(std::begin(kDashes), std::end(kDashes), i) != std::end(kDashes);
    if (dash_here != (c == '-')) return refuse();
    if (dash_here) continue;
    if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'))) return refuse();
    hex += c;
  }
  std::array<uint8_t, 16> bytes;
  HexToBytes(hex, bytes);
  return Uuid(bytes);
}

std::string Uuid::text() const {
  std::string out = ToHex(bytes_);
  for (size_t at : kDashes) out.insert(at, 1, '-');
  return out;
}

}  // namespace lotmark
