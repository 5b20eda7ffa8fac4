// Files that an operator names in the settings of a service: the settings themselves, a certificate, its key.
//
// Unlike files of a volume they may be symbolic links: certificates are renewed by pointing a link elsewhere.
#pragma once

#include <string>

#include "base/result.h"

namespace lotmark::cli {

enum class Privacy { kPublic, kPrivate };

// The whole regular file, at most 1 MiB. kPrivate: refused when everybody may read or write it, or its group may write
// it (a group that reads is how a service gets at a key that root owns).
Result<std::string> ReadOperatorFile(const std::string& path, Privacy privacy);

}  // namespace lotmark::cli
