#include "tlog/note.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/digest.h"
#include "base/encoding.h"

namespace lotmark::tlog {
namespace {

constexpr uint8_t kEd25519 = 0x01;  // the algorithm byte of the format
constexpr std::string_view kSignatureMark = "\u2014 ";
constexpr size_t kKeyIdBytes = 4;
constexpr size_t kMaxSignatures = 64;

std::array<uint8_t, 1 + PublicKey::kSize> TypedKey(const PublicKey& key) {
  std::array<uint8_t, 1 + PublicKey::kSize> typed;
  typed[0] = kEd25519;
  std::copy(key.bytes().begin(), key.bytes().end(), typed.begin() + 1);
  return typed;
}

uint32_t BigEndian32(ByteView bytes) {
  uint32_t number = 0;
  for (size_t i = 0; i < kKeyIdBytes; ++i) number = number << 8 | bytes[i];
  return number;
}

bool IsNoteText(std::string_view text) {
  const auto allowed = [](char c) { return c == '\n' || (static_cast<unsigned char>(c) >= 0x20 && c != 0x7F); };
  return text.ends_with('\n') && IsUtf8(text) && std::all_of(text.begin(), text.end(), allowed);
}

// One signature line without its newline.
struct SignatureLine {
  std::string_view name;
  uint32_t key_id = 0;
  Bytes signature;
};

Result<SignatureLine> ParseSignatureLine(std::string_view line) {
  const auto refuse = [&] { return Refused("signed note: '" + Printable(line, 80) + "' is not a signature line"); };
  if (!line.starts_with(kSignatureMark)) return refuse();
  line.remove_prefix(kSignatureMark.size());
  const size_t space = line.find(' ');
  if (space == std::string_view::npos || !CheckKeyName(line.substr(0, space))) return refuse();
  const auto decoded = Base64Decode(line.substr(space + 1));
  if (!decoded || decoded->size() <= kKeyIdBytes) return refuse();
  return SignatureLine{line.substr(0, space), BigEndian32(*decoded),
                       Bytes(decoded->begin() + kKeyIdBytes, decoded->end())};
}

}  // namespace

Status CheckKeyName(std::string_view name) {
  const auto allowed = [](char c) { return static_cast<unsigned char>(c) > 0x20 && c != 0x7F && c != '+'; };
  if (!name.empty() && name.size() <= 200 && IsUtf8(name) && std::all_of(name.begin(), name.end(), allowed))
    return Ok();
  return Refused("key name '" + Printable(name, 80) +
                 "': must be 1 to 200 bytes of text without spaces, control characters and '+'");
}

Result<NoteVerifier> NoteVerifier::Parse(std::string_view text) {
  const auto refuse = [&](const std::string& why) {
    return Refused("verifier key '" + Printable(text, 120) + "': " + why);
  };
  const size_t first = text.find('+');
  const size_t second = first == std::string_view::npos ? first : text.find('+', first + 1);
  if (second == std::string_view::npos) return refuse("not of the form NAME+ID+KEY");
  const std::string_view name = text.substr(0, first);
  LOTMARK_RETURN_IF_ERROR(CheckKeyName(name));
  const auto typed = Base64Decode(text.substr(second + 1));
  if (!typed || typed->empty()) return refuse("its key is not base64");
  if (typed->front() != kEd25519) return refuse("not an Ed25519 key");
  auto key = PublicKey::FromBytes(ByteView(*typed).subspan(1));
  if (!key) return refuse(key.error().text);
  NoteVerifier verifier(std::string(name), *key);
  if (text.substr(first + 1, second - first - 1) != fmt::format("{:08x}", verifier.key_id())) {
    return refuse("its id is not that of its name and key");
  }
  return verifier;
}

std::string NoteVerifier::Text() const {
  return fmt::format("{}+{:08x}+{}", name_, key_id(), Base64Encode(TypedKey(key_)));
}

uint32_t NoteVerifier::key_id() const {
  Sha256 hasher;
  hasher.Update(AsBytes(name_ + "\n"));
  hasher.Update(TypedKey(key_));
  return BigEndian32(hasher.Finish().bytes());
}

std::string SignNote(std::string_view text, const std::string& key_name, const PrivateKey& key) {
  const uint32_t key_id = NoteVerifier(key_name, key.public_key()).key_id();
  const Signature signature = key.Sign(AsBytes(text));
  std::array<uint8_t, kKeyIdBytes + std::tuple_size_v<Signature>> line;
  for (size_t i = 0; i < kKeyIdBytes; ++i) line[i] = static_cast<uint8_t>(key_id >> (24 - 8 * i) & 0xFF);
  std::copy(signature.begin(), signature.end(), line.begin() + kKeyIdBytes);
  return fmt::format("{}\n{}{} {}\n", text, kSignatureMark, key_name, Base64Encode(line));
}

Result<std::string> OpenNote(std::string_view note, const NoteVerifier& verifier) {
  if (note.size() > kMaxNoteBytes) return Refused("signed note: it is larger than 1 MiB");
  // Signature lines hold no empty line, so the last one separates.
  const size_t split = note.rfind("\n\n");
  if (split == std::string_view::npos || !IsNoteText(note)) {
    return Refused("not a signed note: a text, an empty line and signatures");
  }
  const std::string_view text = note.substr(0, split + 1);
  std::string_view lines = note.substr(split + 2);
  bool verified = false;
  for (size_t count = 0; !lines.empty(); ++count) {
    if (count == kMaxSignatures) return Refused("signed note: more than 64 signatures");
    const size_t end = lines.find('\n');
    LOTMARK_ASSIGN_OR_RETURN(const SignatureLine line, ParseSignatureLine(lines.substr(0, end)));
    lines.remove_prefix(end + 1);
    if (line.name != verifier.name() || line.key_id != verifier.key_id()) continue;
    if (!verifier.key().Verify(AsBytes(text), line.signature)) {
      return Refused("signed note: the signature of " + Printable(verifier.name(), 80) + " is wrong");
    }
    verified = true;
  }
  if (verified) return std::string(text);
  return Refused(
      fmt::format("signed note: not signed by {} (key id {:08x})", Printable(verifier.name(), 80), verifier.key_id()));
}

}  // namespace lotmark::tlog
