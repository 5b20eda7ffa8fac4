// Where the passphrase of a private key comes from: a file that LOTMARK_PASSPHRASE_FILE names, else the terminal.
//
// Never the command line or a variable's value: other users of the machine can read those.
#pragma once

#include <optional>
#include <string>

#include "base/result.h"

namespace lotmark::approval {

// The one line of the file that LOTMARK_PASSPHRASE_FILE names, without its end; nothing when the variable is not set.
// kRefused: group or others may read the file; it is empty or has more lines; it is over kMaxPassphraseBytes.
Result<std::optional<std::string>> PassphraseFromFile();

enum class Asking { kOnce, kTwice };  // twice where a mistake would lock the key for ever

// PassphraseFromFile, else asked on the terminal without showing what is typed; `what` is "the key ada", for the
// question. kRefused: there is no terminal; nothing was typed; the two differ.
Result<std::string> Passphrase(const std::string& what, Asking asking);

}  // namespace lotmark::approval
