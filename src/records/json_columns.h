// Lists as the JSON text of one column, the same in every database.
//
// Why not the JSON library for the floats: it would go through double. Here each float32 becomes the shortest decimal
// that reads back to the same bits, and is read back as float32 directly, so nothing is rounded twice.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace lotmark::records {

// `[0.1,-0,1e-45]`. REQUIRES: finite values (row_check.h).
std::string FloatsToJson(std::span<const float> values);
// kRefused: not an array of finite numbers as FloatsToJson writes it.
Result<std::vector<float>> FloatsFromJson(std::string_view json);

// `["a","b"]`. REQUIRES: UTF-8.
std::string TextsToJson(std::span<const std::string> texts);
// kRefused: not an array of strings.
Result<std::vector<std::string>> TextsFromJson(std::string_view json);

}  // namespace lotmark::records
