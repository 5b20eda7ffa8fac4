// Signed notes (C2SP signed-note): a text, and below it a line per signature.
//
//   derm-models/3f0c2d8e            <- the text: lines, the last one ended
//   7
//   qINS1GRFhWHwdkUeqLEoP4yEMkTBBzxBkGwGQlVlVcs=
//                                   <- an empty line
//   — derm-models/3f0c2d8e Az3grlgtzPICa5OS…     <- em dash, key name, base64(key id || Ed25519 signature)
//
// A verifier key is text too, `<name>+<key id, 8 hex>+<base64(0x01 || public key)>`; the key id is the first four bytes
// of SHA-256(name || "\n" || 0x01 || public key), so a signature names its key.
//
// Thread safety: values.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "tlog/ed25519.h"

namespace lotmark::tlog {

// Not empty, UTF-8, without spaces, control characters and '+'. kRefused says what is wrong.
Status CheckKeyName(std::string_view name);

class NoteVerifier {
 public:
  // REQUIRES: CheckKeyName(name).
  NoteVerifier(std::string name, const PublicKey& key) : name_(std::move(name)), key_(key) {}
  // kRefused: not a verifier key, or its id is not that of its name and key.
  static Result<NoteVerifier> Parse(std::string_view text);

  std::string Text() const;
  const std::string& name() const { return name_; }
  const PublicKey& key() const { return key_; }
  uint32_t key_id() const;

 private:
  std::string name_;
  PublicKey key_;
};

constexpr size_t kMaxNoteBytes = 1 << 20;

// REQUIRES: `text` is UTF-8, ends in a newline and has no other control characters.
std::string SignNote(std::string_view text, const std::string& key_name, const PrivateKey& key);

// The text of a note that `verifier` signed. Signatures of other keys are not looked at, as the format says.
// kRefused: not a note, no signature by that key, or a wrong one.
Result<std::string> OpenNote(std::string_view note, const NoteVerifier& verifier);

}  // namespace lotmark::tlog
