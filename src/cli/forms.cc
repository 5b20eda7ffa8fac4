#include "cli/forms.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>

namespace lotmark::cli {
namespace {

// Characters of UTF-8 text: bytes that do not continue a character.
size_t Width(const std::string& text) {
  return static_cast<size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

Json OptionalDigest(const std::optional<Digest>& digest) { return digest ? Json(digest->hex()) : Json(nullptr); }
Json OptionalVersion(const std::optional<Version>& version) { return version ? Json(version->text()) : Json(nullptr); }
Json OptionalText(const std::optional<std::string>& text) { return text ? Json(*text) : Json(nullptr); }

Json OptionalOrigin(const std::optional<manifest::GoldenOrigin>& origin) {
  return origin ? Json(GoldenOriginName(*origin)) : Json(nullptr);
}

}  // namespace

std::string Table(const std::vector<std::vector<std::string>>& rows) {
  std::vector<size_t> widths;
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], Width(row[i]));
  }
  std::string text;
  for (const auto& row : rows) {
    std::string line;
    for (size_t i = 0; i < row.size(); ++i) line += row[i] + std::string(widths[i] - Width(row[i]) + 2, ' ');
    line.erase(line.find_last_not_of(' ') + 1);
    text += (text.empty() ? "" : "\n") + line;
  }
  return text;
}

std::string HumanSize(uint64_t bytes) {
  static constexpr std::array<const char*, 4> kUnits{"KiB", "MiB", "GiB", "TiB"};
  if (bytes < 1024) return fmt::format("{} B", bytes);
  double value = static_cast<double>(bytes) / 1024;
  size_t unit = 0;
  while (value >= 1023.95 && unit + 1 < kUnits.size()) {  // what would print as 1024.0
    value /= 1024;
    ++unit;
  }
  return fmt::format("{:.1f} {}", value, kUnits[unit]);
}

std::string GoldenText(const std::optional<manifest::Golden>& golden) {
  if (!golden) return "none";
  return fmt::format("{} (origin {}, tolerance {:g})", golden->cases.size(), GoldenOriginName(golden->origin),
                     golden->tolerance);
}

Json EventJson(const journal::Event& event) {
  return Json{{"index", event.index},
              {"time", FormatUtc(event.time)},
              {"clock_stepped_back", event.clock_stepped_back},
              {"event", journal::EventKindName(event.kind)},
              {"actor", {{"name", event.actor.name}, {"authenticated", event.actor.authenticated}}},
              {"model_name", event.model ? Json(event.model->text()) : Json(nullptr)},
              {"version", OptionalVersion(event.version)},
              {"manifest_sha256", OptionalDigest(event.manifest_sha256)},
              {"previous_version", OptionalVersion(event.previous)},
              {"policy_sha256", OptionalDigest(event.policy_sha256)},
              {"file_sha256", OptionalDigest(event.file_sha256)},
              {"evidence", OptionalText(event.evidence)},
              {"proposed_policy_sha256", OptionalDigest(event.proposed_policy_sha256)},
              {"key_id", OptionalDigest(event.key_id)},
              {"person", OptionalText(event.person)},
              {"outcome", event.outcome ? Json(journal::OutcomeName(*event.outcome)) : Json(nullptr)},
              {"reason", event.reason}};
}

Json SummaryJson(const store::VersionSummary& summary) {
  return Json{{"model_name", summary.model.text()},
              {"version", summary.version.text()},
              {"state", journal::VersionStateName(summary.state)},
              {"manifest_sha256", summary.manifest_sha256.hex()},
              {"registered_at", FormatUtc(summary.registered_at)},
              {"registered_by", summary.registered_by.name},
              {"export_date", summary.export_date},
              {"formats", summary.formats},
              {"golden_origin", OptionalOrigin(summary.golden_origin)},
              {"accuracy", summary.accuracy},
              {"bytes", summary.bytes},
              {"problem", summary.problem.empty() ? Json(nullptr) : Json(summary.problem)}};
}

Json ModelStatusJson(const store::ModelStatus& status) {
  return Json{{"model_name", status.model.text()},
              {"versions", status.versions},
              {"active", OptionalVersion(status.active)},
              {"manifest_sha256", OptionalDigest(status.active_manifest_sha256)},
              {"activated_by_event", status.active_event ? EventJson(*status.active_event) : Json(nullptr)},
              {"rollback_target", OptionalVersion(status.rollback_target)},
              {"problem", status.problem.empty() ? Json(nullptr) : Json(status.problem)}};
}

Json FileReportJson(const store::FileReport& report) {
  return Json{{"model_name", report.model.text()},
              {"version", report.version.text()},
              {"path", report.path},
              {"state", store::FileStateName(report.state)},
              {"size", report.size},
              {"detail", report.detail}};
}

}  // namespace lotmark::cli
