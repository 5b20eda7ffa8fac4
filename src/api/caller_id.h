// The id of a classification as a caller writes it.
#pragma once

#include <string_view>

#include "base/result.h"
#include "base/uuid.h"

namespace lotmark::api {

// A UUID in capitals is the same id (RFC 9562; some platforms print them so); replies have it in lower case. kRefused:
// not a UUID, or the nil or the max one: those are what programs send that forgot to make an id, and all their images
// would be one.
Result<Uuid> ParseCallerId(std::string_view text);

}  // namespace lotmark::api
