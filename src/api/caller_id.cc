#include "api/caller_id.h"

#include <algorithm>

#include "http/header_value.h"

namespace lotmark::api {

Result<Uuid> ParseCallerId(std::string_view text) {
  const std::string lower = http::LowerCase(text);
  LOTMARK_ASSIGN_OR_RETURN(const Uuid id, Uuid::Parse(lower));
  const auto all = [&](char digit) {
    return std::all_of(lower.begin(), lower.end(), [digit](char c) { return c == digit || c == '-'; });
  };
  if (all('0') || all('f')) return Refused(lower + " is no id of its own", "make a fresh UUID for each image");
  return id;
}

}  // namespace lotmark::api
