#include "approval/passphrase.h"

#include <fcntl.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <termios.h>

#include <array>
#include <cstdlib>

#include "base/encoding.h"
#include "base/private_key_pem.h"
#include "fs/operator_file.h"
#include "fs/unique_fd.h"

namespace lotmark::approval {
namespace {

// The terminal without echo, for as long as this lives. OpenSSL's question sees to the echo too, but only after it has
// written itself out, and what a program types at once would show.
class QuietTerminal {
 public:
  QuietTerminal() : terminal_(::open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY)) {
    usable_ = terminal_.valid() && ::tcgetattr(terminal_.get(), &before_) == 0;
    if (!usable_) return;
    termios quiet = before_;
    quiet.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    usable_ = ::tcsetattr(terminal_.get(), TCSAFLUSH, &quiet) == 0;
  }
  QuietTerminal(const QuietTerminal&) = delete;
  QuietTerminal& operator=(const QuietTerminal&) = delete;
  ~QuietTerminal() {
    if (usable_) ::tcsetattr(terminal_.get(), TCSAFLUSH, &before_);
  }

  bool usable() const { return usable_; }

 private:
  const fs::UniqueFd terminal_;
  termios before_{};
  bool usable_ = false;
};

Result<std::string> Ask(const std::string& what, Asking asking) {
  // Without one OpenSSL would read standard input, which may be something else.
  const QuietTerminal terminal;
  if (!terminal.usable()) {
    return Refused("no passphrase for " + what + ": there is no terminal to ask on",
                   "Put it into a file of mode 0600 and set LOTMARK_PASSPHRASE_FILE to its path.");
  }
  std::array<char, kMaxPassphraseBytes + 1> typed{};
  const std::string question = "Passphrase of " + what + ": ";
  // 0: typed, twice the same where asked twice. It catches signals meanwhile, so the terminal is always restored.
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
