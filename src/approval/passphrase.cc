#include "approval/passphrase.h"

#include <fcntl.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>

#include <array>
#include <cstdlib>

#include "base/encoding.h"
#include "base/private_key_pem.h"
#include "fs/operator_file.h"
#include "fs/unique_fd.h"

namespace lotmark::approval {
namespace {

// OpenSSL's own question falls back to standard input, which may be the document to be signed.
bool HasTerminal() { return fs::UniqueFd(::open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY)).valid(); }

Result<std::string> Ask(const std::string& what, Asking asking) {
  if (!HasTerminal()) {
    return Refused("no passphrase for " + what + ": there is no terminal to ask on",
                   "Put it into a file of mode 0600 and set LOTMARK_PASSPHRASE_FILE to its path.");
  }
  std::array<char, kMaxPassphraseBytes + 1> typed{};
  const std::string question = "Passphrase of " + what + ": ";
  // 0: typed (twice the same where asked twice); it restores the terminal also when it is interrupted.
  const int failed = EVP_read_pw_string(typed.data(), static_cast<int>(kMaxPassphraseBytes), question.c_str(),
                                        asking == Asking::kTwice ? 1 : 0);
  ERR_clear_error();
  std::string passphrase(typed.data());
  OPENSSL_cleanse(typed.data(), typed.size());
  if (failed != 0) {
    return Refused(asking == Asking::kTwice ? "no passphrase: the two that were typed differ, or the question was left"
                                            : "no passphrase: the question was left");
  }
  if (passphrase.empty()) return Refused("no passphrase: nothing was typed");
  return passphrase;
}

}  // namespace

Result<std::optional<std::string>> PassphraseFromFile() {
  const char* const path = std::getenv("LOTMARK_PASSPHRASE_FILE");
  if (path == nullptr || path[0] == '\0') return std::optional<std::string>();
  auto text = fs::ReadOperatorFile(path, fs::Privacy::kOwnerOnly);
  if (!text) return Prefixed("LOTMARK_PASSPHRASE_FILE", std::move(text).error());
  if (text->ends_with('\n')) text->pop_back();
  if (text->ends_with('\r')) text->pop_back();
  const auto refuse = [&](const char* why) {
    return Refused("LOTMARK_PASSPHRASE_FILE: " + Printable(path) + ": " + why);
  };
  if (text->empty()) return refuse("it is empty");
  if (text->find_first_of(std::string_view("\n\0", 2)) != std::string::npos) return refuse("it has more than one line");
  if (text->size() > kMaxPassphraseBytes) return refuse("the passphrase is too long");
  return std::optional(*text);
}

Result<std::string> Passphrase(const std::string& what, Asking asking) {
  LOTMARK_ASSIGN_OR_RETURN(auto from_file, PassphraseFromFile());
  if (from_file) return *std::move(from_file);
  return Ask(what, asking);
}

}  // namespace lotmark::approval
