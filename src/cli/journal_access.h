// What commands need of this machine to change a volume: the private key of its journal, and where they remember how
// far the journal went.
#pragma once

#include <memory>
#include <string>

#include "base/result.h"
#include "base/uuid.h"
#include "journal/memory.h"
#include "tlog/ed25519.h"

namespace lotmark::cli {

// `journal-<volume id>.key` in the keys folder (approval/key_file.h).
Result<std::string> JournalKeyPath(const Uuid& volume_id);

// kRefused: the keys folder lies in `volume_path`, which is about to become a volume.
Status CheckKeysOutside(const std::string& volume_path);

// A new one, durable before this returns. Encrypted when LOTMARK_PASSPHRASE_FILE is set: it is the host's, as sshd's
// is, and has to sign without a person there.
Result<tlog::PrivateKey> MakeJournalKey(const Uuid& volume_id);

// kNotFound: this machine has no key for that volume. kRefused: others may read it; the wrong passphrase.
Result<tlog::PrivateKey> LoadJournalKey(const Uuid& volume_id);

// `option`, else $LOTMARK_STATE, $XDG_STATE_HOME/lotmark or ~/.local/state/lotmark; "" where there is no home folder.
std::string StateFolder(const std::string& option);

// The memory in `folder`, which is made where it is missing; nullptr for "". kRefused: it lies in a volume.
Result<std::unique_ptr<journal::Memory>> OpenMemory(const std::string& folder, const Uuid& volume_id);

}  // namespace lotmark::cli
