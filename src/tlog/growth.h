// The right edge of a log, growing: which files an append has to write, decided before anything is written.
//
// Thread safety: none.
#pragma once

#include <string>
#include <vector>

#include "fs/fs.h"
#include "tlog/tile.h"

namespace lotmark::tlog {

class Growth {
 public:
  struct File {
    std::string path;
    Bytes bytes;
  };

  // Reads the partial tiles of a log of `size` entries. kRefused: one is missing, or the entries are not those of the
  // tile.
  static Result<Growth> Begin(fs::Dir& folder, uint64_t size);

  // REQUIRES: at most kMaxEntryBytes.
  void Add(const Bytes& entry);

  // The files that the log of the new size has and the old one had not.
  std::vector<File> Files() const;
  uint64_t size() const { return size_; }
  // The partial tiles and bundles that these replace by wider ones: of no use once the new checkpoint is there.
  std::vector<std::string> Replaced() const;

 private:
  struct Edge {
    uint64_t index = 0;  // of the tile that is being filled
    std::vector<Digest> hashes;
    bool unsaved = false;               // hashes were added since it was read or begun
    bool touched = false;               // hashes were added since the log was read
    std::vector<std::string> outdated;  // once touched: the partial files that were read
  };

  explicit Growth(uint64_t size) : size_(size) {}
  Edge& EdgeOf(int level);
  void Push(int level, const Digest& hash);

  uint64_t size_;
  std::vector<Bytes> bundle_;
  std::vector<Edge> edges_;  // by level
  std::vector<File> full_;
};

}  // namespace lotmark::tlog
