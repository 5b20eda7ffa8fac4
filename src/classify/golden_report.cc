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

bool GoldenReport::passed() const {
  return std::all_of(cases.begin(), cases.end(), [](const auto& result) { return result.failure.empty(); });
}

std::string GoldenReport::Summary() const {
  if (!origin) return "no golden cases";
  const auto failed = std::count_if(cases.begin(), cases.end(), [](const auto& r) { return !r.failure.empty(); });
  const std::string count = fmt::format("{} golden case{}", cases.size(), cases.size() == 1 ? "" : "s");
  const std::string_view from = *origin == manifest::GoldenOrigin::kTraining ? "training" : "recorded";
  const std::string outcome = failed == 0 ? (cases.size() == 1 ? "agrees" : "agree") : fmt::format("{} failed", failed);
  return fmt::format("{} (origin {}): {}, worst difference {:.2g}, tolerance {:g}", count, from, outcome,
                     worst_difference(), tolerance);
}

Status GoldenVerdict(const GoldenReport& report) {
  constexpr size_t kShown = 3;
  std::string text;
  size_t failed = 0;
  for (const auto& result : report.cases) {
    if (result.failure.empty() || ++failed > kShown) continue;
    text += fmt::format("; {}: {}", Printable(result.image), result.failure);
  }
  if (failed == 0) return Ok();
  if (failed > kShown) text += fmt::format("; and {} more", failed - kShown);
  return Refused(fmt::format("golden test classification: {} of {} cases failed{}", failed, report.cases.size(), text));
}

}  // namespace lotmark::classify
