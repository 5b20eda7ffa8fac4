// A tamper-evident log in a folder: C2SP tlog-tiles, so that anybody's verifier can check it.
//
//   checkpoint               signed: size and root
//   tile/entries/…           the entries
//   tile/<L>/…               the hashes over them
//
// Durability: an append writes and syncs its entries and tiles first, then replaces `checkpoint`: that rename is the
// commit point. What lies beyond the checkpoint does not exist; the next append writes over it and Recover removes it.
// Invariant: nothing is read as an entry that the signed root does not cover.
// Thread safety: none; appends are serialised by the caller's lock across processes. A reader beside an appender may
// find a partial tile gone, since the next width has replaced it: it opens the log again.
#pragma once

#include <string>
#include <vector>

#include "fs/fs.h"
#include "tlog/checkpoint.h"
#include "tlog/merkle.h"

namespace lotmark::tlog {

constexpr char kCheckpointFile[] = "checkpoint";

class TileLog {
 public:
  // Makes `folder` the log of `origin`, empty. kConflict: it has a checkpoint already.
  static Status Create(fs::Dir& folder, const std::string& origin, const PrivateKey& key);

  // kNotFound: no checkpoint; kRefused: it is not signed by `verifier`, or not of the log of that name. `folder` must
  // outlive the log.
  static Result<TileLog> Open(fs::Dir& folder, const NoteVerifier& verifier);

  const TreeHead& head() const { return head_; }
  const std::string& checkpoint() const { return checkpoint_; }  // the signed note

  // All entries, whose hashes lead to the signed root. kRefused names the bundle that cannot be read, or says that the
  // entries are not those that were signed.
  Result<std::vector<Bytes>> ReadAll() const;

  // Proofs from the tiles, checked against the signed root before they are given out.
  Result<Proof> ProveInclusion(uint64_t index) const;
  Result<Proof> ProveConsistency(uint64_t old_size) const;

  // Reads everything: entries, every byte of every tile, the root. Returns what is wrong, one line each, naming the
  // file; empty when nothing is.
  Result<std::vector<std::string>> Verify() const;

  // Writes the tiles and entry bundles of this size into the empty folder `to`, checked against the signed root first.
  Status CopyTilesTo(fs::Dir& to) const;

  // Adds entries of at most kMaxEntryBytes each, signed by `key`, whose public half is the verifier's. kRefused: the
  // tiles that the new ones stand on do not lead to the signed root; nothing is written.
  // kUnconfirmed: they may or may not be there after a power loss. After any error: open the log anew.
  // REQUIRES: the caller's lock is held, and was when the log was opened.
  Status Append(const std::vector<Bytes>& entries, const PrivateKey& key);

  // Removes what interrupted appends left beside the log, and syncs the checkpoint's folder. REQUIRES: as Append.
  Status Recover();

 private:
  TileLog(fs::Dir& folder, NoteVerifier verifier) : folder_(&folder), verifier_(std::move(verifier)) {}

  // The tiles lead to the signed root.
  Status CheckTiles() const;

  fs::Dir* folder_;
  NoteVerifier verifier_;
  TreeHead head_;
  std::string checkpoint_;
};

}  // namespace lotmark::tlog
