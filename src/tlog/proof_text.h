// An inclusion proof as a file by itself (C2SP tlog-proof): whoever has the log's key can check it, without the log.
//
//   c2sp.org/tlog-proof@v1
//   extra <base64 of the entry>
//   index 41
//   <base64 of a hash>            one line each, from the leaf's end
//
//   <the signed checkpoint>
#pragma once

#include <string>
#include <string_view>

#include "tlog/merkle.h"
#include "tlog/note.h"

namespace lotmark::tlog {

struct InclusionProof {
  Bytes entry;
  uint64_t index = 0;
  Proof hashes;
  std::string checkpoint;
};
std::string FormatInclusionProof(const InclusionProof& proof);

struct ProvenEntry {
  Bytes entry;
  uint64_t index = 0;
  TreeHead head;
};
// kRefused: not such a file, signed by another key, or it does not show that the entry is in the log.
Result<ProvenEntry> CheckInclusionProof(std::string_view text, const NoteVerifier& verifier);

}  // namespace lotmark::tlog
