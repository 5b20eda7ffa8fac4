// Keeps commands that write outside a volume outside: what lies in one is changed by the volume's own commands only.
#pragma once

#include <string>

#include "base/result.h"

namespace lotmark::cli {

// kRefused when the folder `path`, links in it resolved as far as it exists, is a volume or lies in one; `hint` says
// what to do then.
Status CheckOutsideVolume(const std::string& path, const std::string& hint);

}  // namespace lotmark::cli
