#include "base/clock.h"

#include <fmt/format.h>

#include "base/encoding.h"

namespace lotmark {
namespace {

// Reads `count` decimal digits at `text[pos]`, or -1.
int Digits(std::string_view text, size_t pos, size_t count) {
  if (pos + count > text.size()) return -1;
  int value = 0;
  for (size_t i = pos; i < pos + count; ++i) {
    if (text[i] < '0' || text[i] > '9') return -1;
    value = value * 10 + (text[i] - '0');
  }
  return value;
}

}  // namespace

std::string FormatUtc(UtcTime time) {
  using namespace std::chrono;
  const auto day = floor<days>(time);
  const year_month_day date{day};
  const hh_mm_ss clock{time - day};
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:06}Z", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), clock.hours().count(),
                     clock.minutes().count(), clock.seconds().count(), clock.subseconds().count());
}

Result<UtcTime> ParseUtc(std::string_view text) {
  using namespace std::chrono;
  const auto refuse = [&] {
    return Refused("'" + Printable(text, 40) + "' is not a UTC time such as 2026-02-21T12:00:00Z");
  };
  static constexpr size_t kAt[] = {4, 7, 10, 13, 16};
  static constexpr char kIs[] = {'-', '-', 'T', ':', ':'};
  if (text.size() < 20 || text.back() != 'Z') return refuse();
  for (size_t i = 0; i < std::size(kAt); ++i) {
    if (text[kAt[i]] != kIs[i]) return refuse();
  }
  const int y = Digits(text, 0, 4), mo = Digits(text, 5, 2), d = Digits(text, 8, 2);
  const int h = Digits(text, 11, 2), mi = Digits(text, 14, 2), s = Digits(text, 17, 2);
  if (y < 0 || mo < 0 || d < 0 || h < 0 || mi < 0 || s < 0 || h > 23 || mi > 59 || s > 59) return refuse();
  const year_month_day date{year{y}, month{static_cast<unsigned>(mo)}, day{static_cast<unsigned>(d)}};
  if (!date.ok()) return refuse();
  int micros = 0;
  const std::string_view fraction = text.substr(19, text.size() - 20);
  if (!fraction.empty()) {
    if (fraction[0] != '.' || fraction.size() < 2 || fraction.size() > 7) return refuse();
    micros = Digits(fraction, 1, fraction.size() - 1);
    if (micros < 0) return refuse();
    for (size_t i = fraction.size(); i < 7; ++i) micros *= 10;
  }
  return UtcTime(sys_days{date} + hours{h} + minutes{mi} + seconds{s} + microseconds{micros});
}

UtcTime SystemClock::Now() { return std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now()); }

}  // namespace lotmark
