// Text that may enter a column. Messages name the column and never hold the text: it may be a reference to a patient.
#pragma once

#include <string_view>

#include "base/result.h"

namespace lotmark::records {

// kRefused, "<column>: <why>".
Error BadColumn(std::string_view column, std::string_view why);

constexpr size_t kMaxTextBytes = 4096;

// kRefused: longer than `max_bytes`, not UTF-8, or with a NUL.
Status CheckText(std::string_view column, std::string_view text, size_t max_bytes = kMaxTextBytes);

}  // namespace lotmark::records
