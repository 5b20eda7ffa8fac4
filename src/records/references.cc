#include "records/references.h"

#include "records/text_check.h"

namespace lotmark::records {
namespace {

Status CheckReference(std::string_view name, const std::optional<std::string>& value) {
  if (!value) return Ok();
  if (value->empty()) return BadColumn(name, "empty; leave it out instead");
  return CheckText(name, *value, kMaxReferenceBytes);
}

}  // namespace

Status CheckReferences(const References& references) {
  LOTMARK_RETURN_IF_ERROR(CheckReference("lesion_image_id", references.lesion_image_id));
  LOTMARK_RETURN_IF_ERROR(CheckReference("patient_id", references.patient_id));
  LOTMARK_RETURN_IF_ERROR(CheckReference("encounter_id", references.encounter_id));
  return CheckReference("anatomical_site", references.anatomical_site);
}

}  // namespace lotmark::records
