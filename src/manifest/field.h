// Readers for the kinds of field that recur in a manifest, beside those of base/json_field.h. Errors begin with the
// field's path.
//
// Include this in .cc files only (base/json.h is heavy).
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "base/json_field.h"

namespace lotmark::manifest {

// Elements of an array, all of one type. REQUIRES: json.is_array().
Result<std::vector<std::string>> Strings(const Json& json, const std::string& path);
Result<std::vector<int64_t>> Integers(const Json& json, const std::string& path);
Result<std::vector<double>> Numbers(const Json& json, const std::string& path);

// kRefused names the first member of `object` that is not among `known`.
Status RefuseUnknownKeys(const JsonObject& object, std::initializer_list<std::string_view> known);

}  // namespace lotmark::manifest
