#include "records/text_check.h"

#include <string>

#include "base/encoding.h"

namespace lotmark::records {

Error BadColumn(std::string_view column, std::string_view why) {
  return Refused(std::string(column) + ": " + std::string(why));
}

Status CheckText(std::string_view column, std::string_view text, size_t max_bytes) {
  if (text.size() > max_bytes) return BadColumn(column, "longer than " + std::to_string(max_bytes) + " bytes");
  if (text.find('\0') != text.npos) return BadColumn(column, "holds a NUL character");
  if (!IsUtf8(text)) return BadColumn(column, "not UTF-8");
  return Ok();
}

}  // namespace lotmark::records
