#include "tlog/proof_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/encoding.h"
#include "tlog/checkpoint.h"

namespace lotmark::tlog {
namespace {

constexpr std::string_view kHeader = "c2sp.org/tlog-proof@v1";
constexpr std::string_view kExtra = "extra ";
constexpr std::string_view kIndex = "index ";
constexpr size_t kMaxHashes = 64;

Result<std::string_view> TakeLine(std::string_view& text) {
  const size_t end = text.find('\n');
  if (end == std::string_view::npos) return Refused("proof: it ends too early");
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(end + 1);
  return line;
}

Result<std::string_view> TakeField(std::string_view& text, std::string_view name) {
  LOTMARK_ASSIGN_OR_RETURN(const std::string_view line, TakeLine(text));
  if (line.starts_with(name)) return line.substr(name.size());
  return Refused("proof: expected a line '" + std::string(name) + "…', found '" + Printable(line, 60) + "'");
}

Result<uint64_t> ParseIndex(std::string_view text) {
  uint64_t index = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), index);
  if (error == std::errc() && end == text.data() + text.size() && std::to_string(index) == text) return index;
  return Refused("proof: index '" + Printable(text, 40) + "' is not a number");
}

Result<Digest> ParseHash(std::string_view line) {
  const auto bytes = Base64Decode(line);
  if (!bytes || bytes->size() != Digest::kSize) {
    return Refused("proof: '" + Printable(line, 80) + "' is not a SHA-256 hash in base64");
  }
  std::array<uint8_t, Digest::kSize> hash;
  std::copy(bytes->begin(), bytes->end(), hash.begin());
  return Digest(hash);
}

}  // namespace

std::string FormatInclusionProof(const InclusionProof& proof) {
  std::string text = fmt::format("{}\n{}{}\n{}{}\n", kHeader, kExtra, Base64Encode(proof.entry), kIndex, proof.index);
  for (const Digest& hash : proof.hashes) text += Base64Encode(hash.bytes()) + "\n";
  return text + "\n" + proof.checkpoint;
}

Result<ProvenEntry> CheckInclusionProof(std::string_view text, const NoteVerifier& verifier) {
  LOTMARK_ASSIGN_OR_RETURN(const std::string_view header, TakeLine(text));
  if (header != kHeader)
    return Refused("proof: it begins with '" + Printable(header, 60) + "', not " + std::string(kHeader));
  LOTMARK_ASSIGN_OR_RETURN(const std::string_view extra, TakeField(text, kExtra));
  auto entry = Base64Decode(extra);
  if (!entry) return Refused("proof: the entry is not base64");
  LOTMARK_ASSIGN_OR_RETURN(const std::string_view index_text, TakeField(text, kIndex));
  LOTMARK_ASSIGN_OR_RETURN(const uint64_t index, ParseIndex(index_text));
  Proof hashes;
  while (true) {
    LOTMARK_ASSIGN_OR_RETURN(const std::string_view line, TakeLine(text));
    if (line.empty()) break;
    if (hashes.size() == kMaxHashes) return Refused("proof: more hashes than any tree has levels");
    LOTMARK_ASSIGN_OR_RETURN(const Digest hash, ParseHash(line));
    hashes.push_back(hash);
  }
  LOTMARK_ASSIGN_OR_RETURN(const TreeHead head, OpenCheckpoint(text, verifier));
  LOTMARK_RETURN_IF_ERROR(CheckInclusion(hashes, index, LeafHash(*entry), head));
  return ProvenEntry{*std::move(entry), index, head};
}

}  // namespace lotmark::tlog
