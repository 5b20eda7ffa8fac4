#include "tlog/checkpoint.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/encoding.h"

namespace lotmark::tlog {
namespace {

// The next line without its newline; `text` loses both. Nothing when no newline is left.
Result<std::string_view> TakeLine(std::string_view& text) {
  const size_t end = text.find('\n');
  if (end == std::string_view::npos) return Refused("checkpoint: it ends too early");
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(end + 1);
  return line;
}

// One spelling for each number: no sign, no leading zero.
Result<uint64_t> ParseSize(std::string_view text) {
  uint64_t size = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), size);
  const bool whole = error == std::errc() && end == text.data() + text.size();
  if (!whole || (text.size() > 1 && text.front() == '0')) {
    return Refused("checkpoint: size '" + Printable(text, 40) + "' is not a number");
  }
  return size;
}

Result<Digest> ParseRoot(std::string_view text) {
  const auto bytes = Base64Decode(text);
  if (!bytes || bytes->size() != Digest::kSize) {
    return Refused("checkpoint: root '" + Printable(text, 80) + "' is not a SHA-256 digest in base64");
  }
  std::array<uint8_t, Digest::kSize> root;
  std::copy(bytes->begin(), bytes->end(), root.begin());
  return Digest(root);
}

}  // namespace

std::string FormatCheckpoint(std::string_view origin, const TreeHead& head) {
  return fmt::format("{}\n{}\n{}\n", origin, head.size, Base64Encode(head.root.bytes()));
}

Result<TreeHead> ParseCheckpoint(std::string_view text, std::string_view origin) {
  LOTMARK_ASSIGN_OR_RETURN(const std::string_view found, TakeLine(text));
  if (found != origin) {
    return Refused(
        fmt::format("checkpoint: it is of the log '{}', not of '{}'", Printable(found, 120), Printable(origin, 120)));
  }
  LOTMARK_ASSIGN_OR_RETURN(const std::string_view size_line, TakeLine(text));
  LOTMARK_ASSIGN_OR_RETURN(const uint64_t size, ParseSize(size_line));
  LOTMARK_ASSIGN_OR_RETURN(const std::string_view root_line, TakeLine(text));
  LOTMARK_ASSIGN_OR_RETURN(const Digest root, ParseRoot(root_line));
  if (!text.empty()) return Refused("checkpoint: lines follow the root");
  if (size == 0 && root != EmptyRoot()) return Refused("checkpoint: an empty log has another root");
  return TreeHead{size, root};
}

Result<TreeHead> OpenCheckpoint(std::string_view note, const NoteVerifier& verifier) {
  LOTMARK_ASSIGN_OR_RETURN(const std::string text, OpenNote(note, verifier));
  return ParseCheckpoint(text, verifier.name());
}

uint64_t StatedSize(std::string_view note) {
  if (!TakeLine(note)) return 0;
  const auto line = TakeLine(note);
  if (!line) return 0;
  const auto size = ParseSize(*line);
  return size ? *size : 0;
}

}  // namespace lotmark::tlog
