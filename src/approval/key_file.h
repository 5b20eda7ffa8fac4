// Where private keys lie and how they are written and read, whatever kind of key they are.
//
// Invariant: a private key is never in a volume (volumes are copied, backed up and mounted by services), never readable
// by others, and never replaced: a key that is written over cannot be had back.
#pragma once

#include <string>
#include <string_view>

#include "base/ids.h"
#include "base/result.h"

namespace lotmark::approval {

// A key by name is a file in the keys folder: NAME.key, and NAME.pub for its public half.
struct KeyNameTag {
  static constexpr std::string_view kKind = "key name";
};
using KeyName = Id<KeyNameTag>;

// $LOTMARK_KEYS, else $XDG_CONFIG_HOME/lotmark/keys, else ~/.config/lotmark/keys. It may not exist yet. kRefused:
// there is no home folder either.
Result<std::string> KeysFolder();

// kRefused when `path`, or the nearest folder above it that exists, really lies in a model volume: some folder above it
// holds a volume.json. Symbolic links are resolved first.
Status CheckOutsideVolumes(const std::string& path);

// A new file of mode 0600 at `path`; missing folders are made with mode 0700. kConflict: there is one already.
// kRefused: as CheckOutsideVolumes. Durability: as fs::WriteFileAtomic.
Status WritePrivateKeyFile(const std::string& path, std::string_view pem);

// kRefused: as CheckOutsideVolumes; group or others may read it.
Result<std::string> ReadPrivateKeyFile(const std::string& path);

// The public half, beside it: mode 0644 less the umask, never replaced.
Status WritePublicKeyFile(const std::string& path, std::string_view pem);

}  // namespace lotmark::approval
