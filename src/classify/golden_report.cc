#include "classify/golden_report.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/encoding.h"

namespace lotmark::classify {

double GoldenReport::worst_difference() const {
  double worst = 0;
  for (const auto& result : cases) worst = std::max(worst, result.worst_difference);
  return worst;
}

size_t GoldenReport::failed() const {
  return static_cast<size_t>(
      std::count_if(cases.begin(), cases.end(), [](const auto& result) { return !result.failure.empty(); }));
}

std::string GoldenReport::Summary() const {
  if (!origin) return "no golden cases";
  const std::string count = fmt::format("{} golden case{}", cases.size(), cases.size() == 1 ? "" : "s");
  const std::string_view agree = cases.size() == 1 ? "agrees" : "agree";
  const std::string outcome = passed() ? std::string(agree) : fmt::format("{} failed", failed());
  return fmt::format("{} (origin {}): {}, worst difference {:.2g}, tolerance {:g}", count, GoldenOriginName(*origin),
                     outcome, worst_difference(), tolerance);
}

Status GoldenVerdict(const GoldenReport& report) {
  if (report.passed()) return Ok();
  constexpr size_t kShown = 3;
  std::string text =
      fmt::format("golden test classification: {} of {} cases failed", report.failed(), report.cases.size());
  if (!report.likely_cause.empty()) text += ", probably because " + report.likely_cause;
  size_t shown = 0;
  for (const auto& result : report.cases) {
    if (result.failure.empty() || ++shown > kShown) continue;
    text += fmt::format("; {}: {}", Printable(result.image), result.failure);
  }
  if (report.failed() > kShown) text += fmt::format("; and {} more", report.failed() - kShown);
  return Refused(std::move(text));
}

}  // namespace lotmark::classify
