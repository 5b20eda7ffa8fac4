// Keeps commands that write outside a volume outside: what lies in one is changed by the volume's own commands only.
#pragma once

#include <string>

#include "base/result.h"

namespace lotmark::cli {

// kRefused when the existing folder `path`, links in it resolved, is a volume or lies in one.
Status CheckOutsideVolume(const std::string& path);

}  // namespace lotmark::cli
