// Time as Lotmark records it: UTC with microseconds, and a clock that tests can set.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "base/result.h"

namespace lotmark {

using UtcTime = std::chrono::sys_time<std::chrono::microseconds>;

// "2026-02-21T12:00:00.000000Z": fixed width, so that text order is time order.
std::string FormatUtc(UtcTime time);

// Accepts the form above with 0 to 6 fraction digits, and only `Z` as zone. kRefused otherwise.
Result<UtcTime> ParseUtc(std::string_view text);

class Clock {
 public:
  virtual ~Clock() = default;
  virtual UtcTime Now() = 0;
};

// The machine's clock. Thread-safe.
class SystemClock final : public Clock {
 public:
  UtcTime Now() override;
};

}  // namespace lotmark
