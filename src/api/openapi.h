// The text of doc/openapi.json, compiled in.
#pragma once

#include <string_view>

namespace lotmark::api {

std::string_view OpenApiJson();

}  // namespace lotmark::api
