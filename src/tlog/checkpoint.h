// Checkpoints (C2SP tlog-checkpoint): which log, how long, which root; signed as a note.
//
//   <origin>\n<size>\n<base64(root)>\n
//
// Lines that follow (extensions) are refused: ours has none, and nobody would look at them.
#pragma once

#include <string>
#include <string_view>

#include "tlog/merkle.h"
#include "tlog/note.h"

namespace lotmark::tlog {

std::string FormatCheckpoint(std::string_view origin, const TreeHead& head);
// kRefused: not a checkpoint, or that of another log than `origin`.
Result<TreeHead> ParseCheckpoint(std::string_view text, std::string_view origin);

// A signed one. The key's name is the origin, as the format advises.
inline std::string SignCheckpoint(const std::string& origin, const TreeHead& head, const PrivateKey& key) {
  return SignNote(FormatCheckpoint(origin, head), origin, key);
}
// kRefused: not signed by `verifier`, or not a checkpoint of the log that it names.
Result<TreeHead> OpenCheckpoint(std::string_view note, const NoteVerifier& verifier);

// The size that a checkpoint states, without looking at its signature: for comparing two that are trusted. 0 when it
// states none.
uint64_t StatedSize(std::string_view note);

}  // namespace lotmark::tlog
