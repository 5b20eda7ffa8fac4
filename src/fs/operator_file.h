// Files that an operator names by an ordinary path: the settings of a service, a certificate, a private key.
//
// Unlike files of a volume they may be symbolic links: certificates are renewed by pointing a link elsewhere.
#pragma once

#include <string>

#include "base/result.h"

namespace lotmark::fs {

// Who else may read the file, or it is refused. Only kPublic lets others change it.
enum class Privacy {
  kPublic,
  kGroupMayRead,  // how a service gets at a key that root owns
  kOwnerOnly,
};

// The whole regular file, at most 1 MiB.
Result<std::string> ReadOperatorFile(const std::string& path, Privacy privacy);

}  // namespace lotmark::fs
