// UUIDs (RFC 9562): version 7 names classifications (sorted by time), version 4 names volumes and staging folders.
#pragma once

#include <array>
#include <compare>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"

namespace lotmark {

class Uuid {
 public:
  // A fresh time-ordered id; 74 random bits from the system's generator.
  static Uuid V7(UtcTime now);
  // A fresh random id.
  static Uuid V4();
  // The canonical form, lower case: 8-4-4-4-12 hexadecimal digits. kRefused otherwise; any version is accepted.
  static Result<Uuid> Parse(std::string_view text);

  std::string text() const;
  auto operator<=>(const Uuid&) const = default;

 private:
  explicit Uuid(const std::array<uint8_t, 16>& bytes) : bytes_(bytes) {}
  std::array<uint8_t, 16> bytes_;
};

}  // namespace lotmark
