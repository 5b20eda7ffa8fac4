#include "records/row_check.h"

#include <algorithm>
#include <cmath>

#include "base/json.h"
#include "records/text_check.h"

namespace lotmark::records {
namespace {

Status CheckPresentText(std::string_view column, std::string_view text) {
  if (text.empty()) return BadColumn(column, "empty");
  return CheckText(column, text);
}

Status CheckTexts(std::string_view column, const std::vector<std::string>& texts) {
  if (texts.size() > kMaxClasses) return BadColumn(column, "more than " + std::to_string(kMaxClasses));
  for (const auto& text : texts) LOTMARK_RETURN_IF_ERROR(CheckText(column, text));
  return Ok();
}

Status CheckFinite(std::string_view column, double value) {
  return std::isfinite(value) ? Ok() : Status(BadColumn(column, "not a finite number"));
}

Status CheckTime(UtcTime time) {
  using namespace std::chrono;
  const bool sane = time >= sys_days{year{1970} / 1 / 1} && time < sys_days{year{10000} / 1 / 1};
  return sane ? Ok() : Status(BadColumn("time", "not between the years 1970 and 9999"));
}

Status CheckResult(const ClassificationRow& row) {
  LOTMARK_RETURN_IF_ERROR(CheckTexts("classes", row.classes));
  LOTMARK_RETURN_IF_ERROR(CheckTexts("warnings", row.warnings));
  if (row.classes.size() != row.probabilities.size()) {
    return BadColumn("probabilities", std::to_string(row.probabilities.size()) + " for " +
                                          std::to_string(row.classes.size()) + " classes");
  }
  for (const float probability : row.probabilities) LOTMARK_RETURN_IF_ERROR(CheckFinite("probabilities", probability));
  if (std::find(row.classes.begin(), row.classes.end(), row.top_class) == row.classes.end()) {
    return BadColumn("top_class", "not one of the classes");
  }
  LOTMARK_RETURN_IF_ERROR(CheckFinite("confidence", row.confidence));
  LOTMARK_RETURN_IF_ERROR(CheckFinite("sharpness", row.sharpness));
  LOTMARK_RETURN_IF_ERROR(CheckFinite("brightness", row.brightness));
  if (row.image_width < 1) return BadColumn("image_width", "less than 1");
  if (row.image_height < 1) return BadColumn("image_height", "less than 1");
  return Ok();
}

Status CheckRuntime(const ClassificationRow& row) {
  LOTMARK_RETURN_IF_ERROR(CheckPresentText("format", row.format));
  LOTMARK_RETURN_IF_ERROR(CheckPresentText("runtime_name", row.runtime_name));
  LOTMARK_RETURN_IF_ERROR(CheckText("runtime_version", row.runtime_version));
  LOTMARK_RETURN_IF_ERROR(CheckText("runtime_provider", row.runtime_provider));
  LOTMARK_RETURN_IF_ERROR(CheckText("runtime_options", row.runtime_options));
  LOTMARK_RETURN_IF_ERROR(CheckText("cpu_features", row.cpu_features));
  const auto options = ParseJson(row.runtime_options);
  // The table's CHECK looks only at the first and the last character, so no space may stand there.
  const bool trimmed = row.runtime_options.starts_with('{') && row.runtime_options.ends_with('}');
  if (!options || !trimmed) return BadColumn("runtime_options", "not a JSON object");
  return Ok();
}

}  // namespace

Status CheckRow(const ClassificationRow& row) {
  LOTMARK_RETURN_IF_ERROR(CheckTime(row.time));
  LOTMARK_RETURN_IF_ERROR(CheckRuntime(row));
  LOTMARK_RETURN_IF_ERROR(CheckResult(row));
  LOTMARK_RETURN_IF_ERROR(CheckText("replica", row.replica));
  if (row.latency_micros < 0) return BadColumn("latency_micros", "negative");
  return CheckReferences(row.references);
}

Status CheckEvent(const ServiceEvent& event) {
  LOTMARK_RETURN_IF_ERROR(CheckTime(event.time));
  LOTMARK_RETURN_IF_ERROR(CheckText("replica", event.replica));
  LOTMARK_RETURN_IF_ERROR(CheckText("model_name", event.model_name));
  LOTMARK_RETURN_IF_ERROR(CheckText("model_version", event.model_version));
  return CheckText("reason", event.reason);
}

}  // namespace lotmark::records
